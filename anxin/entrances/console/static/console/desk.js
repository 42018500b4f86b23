// Comfort for the pages of the console; each of them works without it.
"use strict";

for (const el of document.querySelectorAll("[data-print], [data-all], [data-phrases], [data-add-row]")) el.hidden = false;
new MutationObserver(() => {
  for (const el of document.querySelectorAll("#drawer [data-phrases][hidden], #drawer [data-add-row][hidden]")) el.hidden = false;
}).observe(document.body, { childList: true, subtree: true });

function addRow(button) {
  const body = button.closest(".rows").querySelector("tbody");
  const row = body.lastElementChild.cloneNode(true);
  const n = body.children.length;
  for (const input of row.querySelectorAll("input")) {
    input.value = "";
    input.name = input.name.replace(/-\d+-/, `-${n}-`);
    input.setAttribute("aria-label", input.getAttribute("aria-label").replace(/\d+/, n + 1));
  }
  body.append(row);
  row.querySelector("input").focus();
}

function fill(button) {
  const form = document.querySelector("[data-receive]");
  for (const { name, value } of button.attributes) {
    const field = name.startsWith("data-fill-") && form.elements[name.slice(10)];
    if (field && (value || field.type === "hidden")) field.value = value;
  }
  button.closest("ul").remove();
  form.elements.employer.focus();
  form.dispatchEvent(new Event("input", { bubbles: true }));
}

document.addEventListener("click", (event) => {
  const on = (what) => event.target.closest(what);
  if (on("[data-add-row]")) addRow(on("[data-add-row]"));
  else if (on("[data-fill]")) fill(on("[data-fill]"));
  else if (on("[data-print]")) window.print();
  else if (on("[data-phrase]")) {
    const text = on("form").querySelector("textarea");
    text.value += (text.value && !/\s$/.test(text.value) ? " " : "") + on("[data-phrase]").textContent;
    text.focus();
  }
  for (const open of document.querySelectorAll("details.more[open]")) if (!open.contains(event.target)) open.open = false;
});
document.addEventListener("change", (event) => {
  const all = event.target.closest("[data-all]");
  if (all) for (const box of document.querySelectorAll(".board [name=case]")) box.checked = event.target.checked;
});
document.addEventListener("input", (event) => {
  if (event.target.id !== "id_employer") return;
  for (const name of ["employer_id", "project"]) event.target.form.elements[name].value = "";
});
document.addEventListener("keydown", (event) => {
  const list = document.querySelector(".suggestions");
  if (!list || !["ArrowDown", "ArrowUp", "Escape"].includes(event.key)) return;
  const items = [document.getElementById("id_employer"), ...list.querySelectorAll("button")];
  const at = items.indexOf(document.activeElement);
  if (at < 0) return;
  event.preventDefault();
  if (event.key === "Escape") { list.remove(); items[0].focus(); } else items[Math.min(Math.max(at + (event.key === "ArrowDown" ? 1 : -1), 0), items.length - 1)].focus();
});
