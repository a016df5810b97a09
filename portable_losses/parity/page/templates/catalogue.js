// The matrix: filtering, sorting, opening; its state is in the address.
const content = parse("data");
const bodies = $$("tbody.case");
const table = $("#cases");
const FIELDS = ["q", "family", "check", "backend", "sort"];
const STATUS = { p: "passed", f: "failed", k: "known difference", n: "not applicable", a: "not run" };
const SIGN = { p: "", f: "\u00d7", k: "~", n: "\u00b7", a: "" };
let state = { status: "", open: new Set() };

const result = (entry, backend) => entry.results[backend];
const statusOf = (entry, backend, check) => {
  const found = result(entry, backend);
  const at = found ? content.checks.indexOf(check) : -1;
  return at < 0 ? "a" : found.ended[at];
};

// --- filtering and sorting ----------------------------------------------------------
function fits(entry) {
  const words = $("#q").value.toLowerCase().split(/\s+/).filter(Boolean);
  const text = `${entry.id} ${entry.family} ${entry.arguments}`.toLowerCase();
  if (!words.every((word) => text.includes(word))) return false;
  if ($("#family").value && entry.family !== $("#family").value) return false;
  const backend = $("#backend").value;
  const check = $("#check").value;
  if (backend === "between") {
    const apart = Object.values(entry.between).some((pair) => !pair.ok);
    return !state.status || (state.status === "f") === apart;
  }
  if (!state.status) return !backend || Boolean(result(entry, backend));
  const backends = backend ? [backend] : content.backends;
  const checks = check ? [check] : content.checks;
  if (backends.some((b) => checks.some((c) => statusOf(entry, b, c) === state.status))) return true;
  return state.status === "f" && !check && !backend && Object.values(entry.between).some((pair) => !pair.ok);
}

const number = (x) => x === null ? -1 : x === "nan" || x === "inf" ? Infinity : Number(x);
const KEYS = {
  name: (entry) => entry.id.toLowerCase(),
  family: (entry) => entry.family,
  status: (entry) => entry.failed * 1e6 + entry.known * 1e3 + (1 - entry.passed / 1e3),
  value: (entry) => number(entry.value),
  gradient: (entry) => number(entry.gradient),
  between: (entry) => number(entry.worst),
  time: (entry) => entry.seconds,
};

function apply(write = true) {
  const chosen = $("#sort").value;
  const key = KEYS[chosen.replace("-", "")];
  const order = bodies.map((_, n) => n);
  if (key) {
    const sign = chosen.startsWith("-") ? -1 : 1;
    const keys = content.cases.map(key);
    order.sort((a, b) => (keys[a] < keys[b] ? -sign : keys[a] > keys[b] ? sign : a - b));
  }
  let shown = 0;
  const rows = document.createDocumentFragment();
  for (const n of order) {
    const keep = fits(content.cases[n]);
    bodies[n].hidden = !keep;
    shown += keep;
    rows.append(bodies[n]);
  }
  table.append(rows);
  $("#none").hidden = shown > 0;
  $("#shown").textContent = `${shown} of ${bodies.length} ${bodies.length === 1 ? "case" : "cases"}`;
  const at = content.checks.indexOf($("#check").value);
  for (const row of $$("tr:not(.opened)", table)) {
    $$(".check", row).forEach((cell, n) => cell.classList.toggle("off", at >= 0 && n !== at));
  }
  for (const chip of $$("[data-status]")) {
    chip.setAttribute("aria-pressed", String(chip.dataset.status === state.status));
  }
  for (const head of $$("[data-key]")) {
    const sorted = chosen.replace("-", "") === head.dataset.key;
    if (sorted) head.setAttribute("aria-sort", chosen.startsWith("-") ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  }
  bodies.forEach((body, n) => toggle(body, state.open.has(content.cases[n].id)));
  if (write) store();
}

function store() {
  const found = new URLSearchParams();
  if (state.status) found.set("status", state.status);
  for (const id of FIELDS) if ($(`#${id}`).value) found.set(id, $(`#${id}`).value);
  for (const id of state.open) found.append("open", id);
  const text = found.toString();
  history.replaceState(null, "", text ? `#${text}` : location.pathname + location.search);
}

function restore(first = false) {
  const found = new URLSearchParams(location.hash.slice(1));
  const only = !first && [...found.keys()].every((key) => key === "open");
  const opened = found.getAll("open");
  if (only && opened.length) { // a link of this page: open, and keep what is filtered unless it hides the case
    opened.forEach((id) => state.open.add(id));
    const entry = content.cases.find((each) => each.id === opened[0]);
    if (entry && !fits(entry)) reset(false);
  } else {
    const status = found.get("status") || "";
    state = { status: status in STATUS ? status : "", open: new Set(opened) };
    for (const id of FIELDS) {
      const field = $(`#${id}`);
      const value = found.get(id) || "";
      field.value = value;
      if (field.value !== value) field.value = ""; // what this page does not have
    }
    if (first && !location.hash && bodies.length === 1) state.open.add(content.cases[0].id);
  }
  apply(!first || Boolean(location.hash));
  const n = content.cases.findIndex((each) => each.id === opened[opened.length - 1]);
  if (n >= 0 && !bodies[n].hidden) {
    bodies[n].scrollIntoView({ block: "start" });
    $("button", bodies[n]).focus({ preventScroll: true });
  }
}

function reset(run = true) {
  state.status = "";
  for (const id of FIELDS) $(`#${id}`).value = "";
  if (run) apply();
}

// --- what a row opens -----------------------------------------------------------------
function toggle(body, open) {
  const button = $(".row button", body);
  if ((button.getAttribute("aria-expanded") === "true") === open) return;
  button.setAttribute("aria-expanded", String(open));
  if (!open) {
    $(".opened", body).remove();
    return;
  }
  const entry = content.cases[Number(body.dataset.n)];
  const cell = make("td", { colspan: body.rows[0].cells.length });
  const box = make("div", { class: "open", role: "region", "aria-label": entry.id });
  cell.append(box);
  body.append(make("tr", { class: "opened" }, cell));
  box.append(...details(entry));
  const curves = content.curves[entry.id];
  if (curves) readable($(".curves", box), curves);
}

function details(entry) {
  const parts = [];
  const about = [`Of the family ${entry.family}; ${content.kinds[entry.kind] || entry.kind}.`];
  if (entry.scale !== 1) about.push(`It is allowed ${entry.scale} times the usual error: ${entry.why}.`);
  parts.push(make("p", {}, make("code", {}, entry.call)), make("p", {}, about.join(" ")));
  for (const fault of faults(entry)) parts.push(fault);
  const curves = content.curves[entry.id];
  if (curves) parts.push(...drawn(entry, curves));
  else if (entry.uncurved) parts.push(make("p", { class: "soft" }, `Without curves: ${entry.uncurved}`));
  parts.push(make("h4", {}, "Numbers"), numbers(entry));
  parts.push(make("h4", {}, "Checks"), checks(entry));
  parts.push(make("p", { class: "label" }, "Run it again"), copied(entry.command, "the command that checks this loss again"));
  return parts;
}

function faults(entry) {
  const found = new Map(); // the same words on several backends are one fault
  for (const backend of content.backends) {
    for (const [check, outcome] of Object.entries(result(entry, backend)?.faults || {})) {
      const key = check + outcome.message;
      if (!found.has(key)) found.set(key, { check, ...outcome, where: [] });
      found.get(key).where.push(backend);
    }
  }
  for (const [pair, between] of Object.entries(entry.between)) {
    if (!between.ok) found.set(pair, { check: "between", message: between.message, where: pair.split("-") });
  }
  return [...found.values()].map((fault) => {
    const box = make("div", { class: "finding bad" }, make("strong", {}, "Failed: "), make("code", {}, fault.check),
      ` on ${fault.where.join(", ")}`, make("pre", {}, fault.message || "no message"),
      make("p", { class: "soft" }, content.explained[fault.check] || ""));
    if (fault.input) {
      box.append(make("p", { class: "label" }, "The input that shows it"), copied(fault.input, "the input that shows it"));
    }
    return box;
  });
}

function drawn(entry, curves) {
  const root = make("div", { class: "curves" });
  ["value", "gradient"].forEach((name, n) => {
    const figure = make("figure", {}, make("figcaption", {}, name));
    figure.insertAdjacentHTML("beforeend", curves.pictures[n]); // drawn, and escaped, where the page was made
    root.append(figure);
  });
  const legend = make("div");
  legend.insertAdjacentHTML("beforeend", curves.legend);
  const notes = curves.notes.map((note) => make("p", { class: "seen" }, note));
  return [make("h4", {}, "Curves"), make("div", {}, root, legend, ...notes,
    make("p", { class: "soft" }, entry.axis), make("div", { class: "readout" }))];
}

function grid(heads, rows) {
  const cells = (row, tag) => row.map((text, n) => make(n ? tag : "th", { class: n ? "number" : null, scope: n ? null : "row" }, text));
  const head = make("thead", {}, make("tr", {}, ...heads.map((text, n) => make("th", { class: n ? "number" : null, scope: "col" }, text))));
  const body = make("tbody", {}, ...rows.map((row) => make("tr", {}, ...cells(row, "td"))));
  return make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Numbers" }, make("table", {}, head, body));
}

function numbers(entry) {
  const rows = content.backends.filter((b) => result(entry, b)).map((b) => {
    const found = result(entry, b);
    return [b, found.shown[0], found.shown[1], `${found.seconds.toFixed(1)} s`];
  });
  for (const [pair, between] of Object.entries(entry.between)) {
    rows.push([`between ${pair.split("-").join(" and ")}`, between.shown[0], between.shown[1], ""]);
  }
  if (!Object.keys(entry.between).length) rows.push(["between backends", "not compared", "not compared", ""]);
  if (content.allowed) rows.push(["allowed", entry.allowed[0], entry.allowed[1], ""]);
  return grid(["", "value error", "gradient error", "CPU"], rows);
}

function checks(entry) {
  const body = make("tbody");
  for (const check of content.checks) {
    const marks = make("td");
    const said = new Map();
    for (const backend of content.backends) {
      const status = statusOf(entry, backend, check);
      marks.append(make("i", { class: `s ${status}`, title: `${backend}: ${STATUS[status]}` }, SIGN[status]));
      const message = result(entry, backend)?.said[check];
      if (status === "a" && !message) continue;
      const words = STATUS[status] + (message ? `: ${message}` : "");
      said.set(words, [...(said.get(words) || []), backend]);
    }
    const text = make("td");
    const every = said.size === 1;
    for (const [words, where] of said) {
      text.append(make("div", {}, every ? words : `${where.join(", ")}: ${words}`));
    }
    text.append(make("span", { class: "soft" }, content.explained[check] || ""));
    body.append(make("tr", {}, make("th", { scope: "row" }, make("code", {}, check)), marks, text));
  }
  return make("table", { class: "checks" }, body);
}

// --- what people do --------------------------------------------------------------------
function openOrClose(body) {
  const { id } = content.cases[Number(body.dataset.n)];
  const open = !state.open.has(id);
  if (open) state.open.add(id);
  else state.open.delete(id);
  toggle(body, open);
  store();
}
function room() { // what opens is as wide as the window, however far the matrix is scrolled
  $(".wide").style.setProperty("--room", `${$(".wide").clientWidth}px`);
}
if (content && table) {
  table.addEventListener("click", (event) => {
    const head = event.target.closest("[data-key] button");
    if (head) {
      const { key } = head.parentElement.dataset;
      const first = key === "name" ? key : `-${key}`;
      const other = key === "name" ? `-${key}` : key;
      $("#sort").value = $("#sort").value === first ? other : first;
      apply();
      return;
    }
    const row = event.target.closest("tr.row");
    if (row && !String(getSelection())) openOrClose(row.parentElement);
  });
  table.addEventListener("keydown", (event) => {
    const button = event.target.closest(".row button");
    const steps = { ArrowDown: 1, ArrowUp: -1 };
    if (event.key === "Escape") {
      const body = event.target.closest("tbody");
      if (body && $(".opened", body)) {
        openOrClose(body);
        $(".row button", body).focus();
      }
    } else if (button && event.key in steps) {
      const shown = $$("tbody.case:not([hidden])", table);
      const next = shown[shown.indexOf(button.closest("tbody")) + steps[event.key]];
      if (next) $(".row button", next).focus();
      event.preventDefault();
    }
  });
  table.addEventListener("pointerover", (event) => { // what a cell is, far below its heading
    const cell = event.target.closest("td.check");
    if (!cell || cell.title) return;
    const check = content.checks[$$("td.check", cell.parentElement).indexOf(cell)];
    const entry = content.cases[Number(cell.closest("tbody").dataset.n)];
    cell.title = [`${check}: ${content.explained[check] || ""}`, ...content.backends.map((b) => `${b}: ${STATUS[statusOf(entry, b, check)]}`)].join("\n");
  });
  for (const id of FIELDS) $(`#${id}`).addEventListener("input", () => apply());
  for (const chip of $$("[data-status]")) {
    chip.addEventListener("click", () => { state.status = chip.dataset.status; apply(); });
  }
  $("#reset").addEventListener("click", () => reset());
  $("#reset2").addEventListener("click", () => { reset(); $("#q").focus(); });
  $("#more")?.addEventListener("click", (event) => {
    for (const figure of $$("[data-more]")) figure.hidden = false;
    event.target.remove();
  });
  addEventListener("hashchange", () => restore());
  addEventListener("resize", room);
  room();
  restore(true);
}
