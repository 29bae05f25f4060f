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
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  let [shown, all] = [0, 0];
  for (const body of table.tBodies) {
    let here = 0;
    for (const row of dataRows(body)) {
      const content = row.textContent.toLowerCase();
      row.hidden = !words.every((word) => content.includes(word));
      here += !row.hidden;
      all += 1;
    }
    body.hidden = here === 0;
    shown += here;
  }
  output.textContent = words.length ? `${shown} of ${all} rows` : "";
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
  if (rows.length < FEW) continue;
  const input = element("input", { type: "search", placeholder: "Filter rows" });
  input.setAttribute("aria-label", `Filter rows of ${title}`);
  const output = element("output", {});
  input.addEventListener("input", () => filterTable(table, input.value, output));
  box.before(element("div", { class: "tools" }, input, output));
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
    const id = location.hash.slice(1);
    if (all.some((panel) => panel.id === id)) show(id);
  };
  select.addEventListener("change", () => {
    show(select.value);
    history.replaceState(null, "", `#${select.value}`);
  });
  addEventListener("hashchange", asked);
  panels.before(element("div", { class: "tools" }, element("label", {}, `${panels.dataset.title} `, select)));
  panels.classList.add("picked");
  show(all[0].id);
  asked();
}

for (const heat of document.querySelectorAll("table.heat")) {
  scrollable(heat.parentElement, heat.caption.textContent);
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
