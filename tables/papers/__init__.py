"""The papers: their printed numbers beside ours, and their claims put to the test."""
