"use strict";
// Without this script the page reads just as well: it adds sorting, filtering and highlights.

// Tables with fewer rows are read at a glance: no filter.
const FEW = 6;

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// The address keeps what is looked at: the place after #, and the words of the filter of everything.
// A page that is a file may change nothing else of its address.
function address() {
  const [id, ...rest] = location.hash.slice(1).split("&");
  return { id, filter: new URLSearchParams(rest.join("&")).get("filter") ?? "" };
}

function keep(change) {
  const { id, filter } = { ...address(), ...change };
  history.replaceState(null, "", `#${id}${filter ? `&filter=${encodeURIComponent(filter)}` : ""}`);
}

const everything = element("input", { type: "search", placeholder: "Filter everything" });
everything.setAttribute("aria-label", "Filter rows of all tables and maps, e.g. lda labeled-eot");
const filters = [];

function wanted(text, content) {
  return text.toLowerCase().split(/\s+/).every((word) => content.includes(word));
}

function dataRows(body) {
  return [...body.rows].filter((row) => !row.querySelector("th[scope=rowgroup]"));
}

function compare(column, descending) {
  const sign = descending ? -1 : 1;
  return (a, b) => {
    const [x, y] = [a.cells[column], b.cells[column]];
    const numbers = [x, y].map((cell) => parseFloat(cell.dataset.v));
    const known = numbers.map(Number.isFinite);
    if (known[0] && known[1]) return sign * (numbers[0] - numbers[1]);
    // What has no number stays below those that have one, in either direction.
    if (known[0] !== known[1]) return known[0] ? -1 : 1;
    return sign * x.textContent.localeCompare(y.textContent, "en", { numeric: true });
  };
}

function sortTable(table, heading) {
  const descending = heading.getAttribute("aria-sort") === "ascending";
  for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
  heading.setAttribute("aria-sort", descending ? "descending" : "ascending");
  for (const body of table.tBodies) {
    body.append(...dataRows(body).sort(compare(heading.cellIndex, descending)));
  }
}

function filterTable(table, text, output) {
  let [shown, all] = [0, 0];
  for (const body of table.tBodies) {
    let here = 0;
    for (const row of dataRows(body)) {
      const content = row.textContent.toLowerCase();
      row.hidden = !wanted(text, content);
      here += !row.hidden;
      all += 1;
    }
    body.hidden = here === 0;
    shown += here;
  }
  output.textContent = text.trim() ? `${shown} of ${all} rows` : "";
}

function alignBlanks(rows) {
  const numeric = new Set();
  const cells = rows.flatMap((row) => [...row.cells]);
  for (const cell of cells) if (cell.dataset.v) numeric.add(cell.cellIndex);
  for (const cell of cells) {
    if (!cell.dataset.v && numeric.has(cell.cellIndex)) cell.classList.add("blank");
  }
}

function scrollable(box, name) {
  // Only what overflows is a stop for the Tab key.
  const fit = () => {
    const over = box.scrollWidth > box.clientWidth + 1 || box.scrollHeight > box.clientHeight + 1;
    if (!over) for (const key of ["tabindex", "role", "aria-label"]) box.removeAttribute(key);
    if (over) for (const [key, value] of [["tabindex", "0"], ["role", "region"], ["aria-label", name]])
      box.setAttribute(key, value);
  };
  new ResizeObserver(fit).observe(box);
}

for (const table of document.querySelectorAll("table.ranked")) {
  const title = table.caption.querySelector("b").textContent;
  // A caption is as wide as its table; as a paragraph it is as wide as the screen.
  const lead = element("p", { class: "lead" }, ...table.caption.childNodes);
  table.caption.remove();
  table.setAttribute("aria-label", title);
  const box = table.parentElement;
  box.before(lead);
  scrollable(box, title);
  const rows = [...table.tBodies].flatMap(dataRows);
  alignBlanks(rows);
  if (rows.length < 2) continue;
  for (const heading of table.tHead.rows[0].cells) {
    const button = element("button", { type: "button" }, ...heading.childNodes);
    button.addEventListener("click", () => sortTable(table, heading));
    heading.append(button);
  }
  const output = element("output", {});
  const input = element("input", { type: "search", placeholder: "Filter rows" });
  const filter = () => filterTable(table, `${everything.value} ${input.value}`, output);
  filters.push(filter);
  const tools = element("div", { class: "tools" }, output);
  box.before(tools);
  if (rows.length < FEW) continue;
  input.setAttribute("aria-label", `Filter rows of ${title}`);
  input.addEventListener("input", filter);
  tools.prepend(input);
}

// One panel at a time; the address keeps which.
for (const panels of document.querySelectorAll(".panels")) {
  const all = [...panels.querySelectorAll(":scope > .panel")];
  if (all.length < 2) continue;
  const select = element("select", {});
  all.forEach((panel) => select.append(element("option", { value: panel.id }, panel.getAttribute("aria-label"))));
  const show = (id) => {
    for (const panel of all) panel.hidden = panel.id !== id;
    select.value = id;
  };
  const asked = () => {
    const { id } = address();
    if (all.some((panel) => panel.id === id)) show(id);
  };
  select.addEventListener("change", () => {
    show(select.value);
    keep({ id: select.value });
  });
  addEventListener("hashchange", asked);
  panels.before(element("div", { class: "tools" }, element("label", {}, `${panels.dataset.title} `, select)));
  panels.classList.add("picked");
  show(all[0].id);
  asked();
}

for (const heat of document.querySelectorAll("table.heat")) {
  scrollable(heat.parentElement, heat.caption.textContent);
  // A map keeps the learners of which a cell has all words in the names of its row and column.
  const columns = [...heat.tHead.rows[0].cells].map((cell) => cell.textContent.toLowerCase());
  filters.push(() => {
    for (const row of heat.tBodies[0].rows) {
      const learner = row.cells[0].textContent.toLowerCase();
      row.hidden = !columns.some((aligner) => wanted(everything.value, `${learner} ${aligner}`));
    }
  });
}

function filterEverything() {
  filters.forEach((filter) => filter());
  keep({ filter: everything.value.trim() });
}

const menu = document.querySelector("nav ul");
if (menu && filters.length) {
  menu.prepend(element("li", { class: "tools" }, everything));
  everything.addEventListener("input", filterEverything);
  // A link of the menu changes the place alone.
  addEventListener("hashchange", () => keep({ filter: everything.value.trim() }));
  const { id, filter } = address();
  if (filter) {
    everything.value = filter;
    filterEverything();
    document.getElementById(id)?.scrollIntoView({ behavior: "instant" });
  }
}

document.querySelectorAll(".maps").forEach((gallery, number) => {
  const choices = element("fieldset", {}, element("legend", {}, "Colour by"));
  for (const name of ["label", "modality"]) {
    const radio = element("input", { type: "radio", name: `colour-${number}`, value: name });
    radio.checked = name === "label";
    radio.addEventListener("change", () => { gallery.dataset.colour = name; });
    choices.append(element("label", {}, radio, ` ${name}`));
  }
  gallery.before(element("div", { class: "tools" }, choices));
});

for (const entry of document.querySelectorAll(".legend [data-label]")) {
  const button = element("button", { type: "button", "aria-pressed": "false" }, ...entry.childNodes);
  entry.append(button);
  button.addEventListener("click", () => {
    const figure = entry.closest("figure");
    const chosen = button.getAttribute("aria-pressed") === "false" ? entry.dataset.label : null;
    for (const other of figure.querySelectorAll(".legend button")) {
      other.setAttribute("aria-pressed", String(other.parentElement.dataset.label === chosen));
    }
    for (const path of figure.querySelectorAll("[data-label].points")) {
      path.classList.toggle("dim", chosen !== null && path.dataset.label !== chosen);
    }
  });
}
