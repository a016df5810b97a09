"use strict";
// What both pages do: dark or light, copying, and reading numbers off a curve.
const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined) element.setAttribute(name, value);
  }
  element.append(...children); // strings become text, never markup
  return element;
}

function parse(id) {
  const element = document.getElementById(id);
  return element ? JSON.parse(element.textContent) : null;
}

// --- dark or light --------------------------------------------------------------
const theme = $("#theme");
const prefersDark = matchMedia("(prefers-color-scheme: dark)");
const isDark = () => {
  const chosen = document.documentElement.dataset.theme;
  return chosen ? chosen === "dark" : prefersDark.matches;
};
function showTheme() {
  theme.setAttribute("aria-pressed", String(isDark()));
}
theme.addEventListener("click", () => {
  const chosen = isDark() ? "light" : "dark";
  document.documentElement.dataset.theme = chosen;
  try { localStorage.setItem("portable-losses-theme", chosen); } catch { /* a private window */ }
  showTheme();
});
prefersDark.addEventListener("change", showTheme);
showTheme();

$("[data-skip]").addEventListener("click", (event) => {
  event.preventDefault(); // the address holds the filter
  $("#main").focus();
});

// --- copying ----------------------------------------------------------------------
async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch { // a page that was opened from a file may lack the right
    const area = make("textarea", { "aria-hidden": "true" });
    area.value = text;
    area.style.position = "fixed";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    return done;
  }
}
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const done = await copy($("code", button.parentElement).textContent);
  button.focus();
  button.textContent = done ? "Copied" : "Select and copy";
  $("#live").textContent = done ? "Copied" : "Copying is not allowed here";
  setTimeout(() => { button.textContent = "Copy"; }, 1500);
});
function copied(text, label) {
  const pre = make("pre", { tabindex: 0, role: "region", "aria-label": label }, make("code", {}, text));
  return make("div", { class: "copied" }, pre,
    make("button", { type: "button", "data-copy": "", "aria-label": `Copy: ${label}` }, "Copy"));
}

// --- numbers of a curve -----------------------------------------------------------
const digits = (x) => typeof x === "number" ? String(Number(x.toPrecision(5))).replace("-", "\u2212") : x.replace("nan", "NaN");

function readable(root, curves) {
  // A slider for fingers and keys, and the pointer over the pictures.
  const box = root.parentElement.querySelector(".readout");
  const plots = $$("svg.plot", root);
  const nearest = (x) => {
    const far = curves.points.map((point) => Math.abs(point - x));
    return far.indexOf(Math.min(...far));
  };
  const range = make("input", { type: "range", min: 0, max: curves.points.length - 1, value: nearest(curves.here ?? curves.points[Math.floor(curves.points.length / 2)]),
    "aria-label": "The number that moves" });
  const said = make("output");
  const label = make("label", {}, "Numbers at ", said);
  const body = make("tbody");
  const head = make("tr", {}, make("td"), make("th", { class: "number" }, "value"), make("th", { class: "number" }, "gradient"));
  for (const [name] of Object.entries(curves.lines)) {
    body.append(make("tr", {}, make("th", { scope: "row" }, name), make("td", { class: "number" }), make("td", { class: "number" })));
  }
  box.replaceChildren(label, range, make("table", {}, make("thead", {}, head), body));
  const hairs = plots.map((plot) => {
    const hair = document.createElementNS("http://www.w3.org/2000/svg", "path");
    hair.setAttribute("class", "hair");
    plot.append(hair);
    return hair;
  });
  const first = curves.points[0];
  const width = curves.points[curves.points.length - 1] - first;
  function show(i) {
    range.value = i;
    said.textContent = digits(curves.points[i]);
    range.setAttribute("aria-valuetext", digits(curves.points[i]));
    Object.values(curves.lines).forEach((line, row) => {
      body.rows[row].cells[1].textContent = digits(line.value[i]);
      body.rows[row].cells[2].textContent = digits(line.gradient[i]);
    });
    plots.forEach((plot, n) => {
      const { left, right, top, bottom } = plot.dataset;
      const x = Number(left) + (right - left) * (curves.points[i] - first) / width;
      hairs[n].setAttribute("d", `M${x.toFixed(1)} ${top}V${bottom}`);
    });
  }
  range.addEventListener("input", () => show(Number(range.value)));
  for (const plot of plots) {
    plot.addEventListener("pointermove", (event) => {
      const rect = plot.getBoundingClientRect();
      const x = (event.clientX - rect.left) / rect.width * plot.viewBox.baseVal.width;
      const at = first + width * (x - plot.dataset.left) / (plot.dataset.right - plot.dataset.left);
      show(nearest(at));
    });
  }
  show(Number(range.value));
}
