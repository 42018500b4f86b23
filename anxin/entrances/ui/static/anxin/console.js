// Comfort for the console. Every page works without it: links stay links, forms stay forms.
"use strict";

const typing = (el) => el.closest("input, textarea, select, [contenteditable], dialog[open]");
const store = { get: (k) => { try { return localStorage.getItem(k); } catch { return null; } }, set: (k, v) => { try { localStorage.setItem(k, v); } catch { /* private mode */ } } };

// Row density, remembered on this machine.
const DENSITY = [["tight", "紧凑"], ["normal", "适中"], ["loose", "宽松"]];
function showDensity(key) {
  const found = DENSITY.find(([k]) => k === key) || DENSITY[1];
  document.documentElement.dataset.rows = found[0];
  document.querySelectorAll("[data-density-word]").forEach((el) => { el.textContent = found[1]; });
  return found[0];
}
document.querySelectorAll("[data-density]").forEach((button) => {
  button.hidden = false;
  button.addEventListener("click", () => {
    const at = DENSITY.findIndex(([k]) => k === document.documentElement.dataset.rows);
    store.set("rows", showDensity(DENSITY[(at + 1) % DENSITY.length][0]));
  });
});
showDensity(store.get("rows"));

// Drawer: shows <main> of the linked page beside the list, so that the list keeps its place.
const drawer = document.getElementById("drawer");
async function openDrawer(href) {
  const answer = await fetch(href, { headers: { Accept: "text/html" }, credentials: "same-origin" }).catch(() => null);
  if (!answer || !answer.ok || !drawer) { location.assign(href); return; }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = page.getElementById("main");
  if (!main) { location.assign(href); return; }
  const body = drawer.querySelector("[data-drawer-body]");
  body.replaceChildren(...main.childNodes);
  drawer.querySelector("[data-drawer-open]").href = href;
  if (window.htmx) window.htmx.process(body);
  drawer.showModal();
}

// Rows: a click anywhere opens the row; j and k walk, Enter opens.
const rows = () => [...document.querySelectorAll("main tr[data-href]")].filter((row) => row.offsetParent);
function open(row) {
  const link = row.querySelector("a[data-drawer]");
  if (link) openDrawer(link.href); else location.assign(row.dataset.href);
}
function walk(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.findIndex((row) => row.classList.contains("here"));
  const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
  all.forEach((row) => row.classList.toggle("here", row === next));
  (next.querySelector("a") || next).focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
  if (event.key === "j") walk(1);
  else if (event.key === "k") walk(-1);
  else if (event.key === "/") { event.preventDefault(); document.getElementById("search")?.focus(); }
  else if (event.key === "Escape" && location.hash === "#navigation") location.hash = "#main";
});

// One listener for clicks: confirmation, closing, drawer, rows.
const confirmBox = document.getElementById("confirm");
let waiting = null;
document.addEventListener("click", (event) => {
  const asks = event.target.closest("[data-confirm]");
  if (asks && asks !== waiting && confirmBox) {
    if (asks.form && !asks.form.reportValidity()) { event.preventDefault(); return; }
    event.preventDefault();
    waiting = asks;
    confirmBox.querySelector("p").textContent = asks.dataset.confirm;
    confirmBox.querySelector("[data-agree]").textContent = asks.textContent.trim();
    confirmBox.showModal();
    return;
  }
  if (event.target.closest("[data-agree]")) { const act = waiting; confirmBox.close(); waiting = act; act.click(); waiting = null; return; }
  const close = event.target.closest("[data-close]");
  if (close) { close.closest("dialog").close(); return; }
  const side = event.target.closest("a[data-drawer]");
  if (side && !event.ctrlKey && !event.metaKey && !event.shiftKey) { event.preventDefault(); openDrawer(side.href); return; }
  const row = event.target.closest("tr[data-href]");
  if (row && !event.target.closest("a, button, input, label, summary") && !String(getSelection())) open(row);
});
confirmBox?.addEventListener("close", () => { waiting = null; });

// Names of chosen files, and no second submit of one form.
document.addEventListener("change", (event) => {
  const input = event.target;
  if (input.type !== "file" || input.files.length < 2) return;
  let list = input.parentElement.querySelector(".file-names");
  if (!list) { list = document.createElement("p"); list.className = "file-names quiet"; list.setAttribute("role", "status"); input.after(list); }
  list.textContent = [...input.files].map((file) => file.name).join("、");
});
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.method !== "post") return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = "1";
  window.setTimeout(() => { delete form.dataset.sent; }, 4000);
});
window.addEventListener("pageshow", () => document.querySelectorAll("form[data-sent]").forEach((form) => { delete form.dataset.sent; }));
