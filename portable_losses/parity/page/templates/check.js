// The page of a check: curves that are read off, and a list that is filtered.
const content = parse("data");
for (const root of $$("[data-curves]")) {
  const curves = content.curves[Number(root.dataset.curves)];
  if (curves) readable(root, curves);
}
const search = $("#q");
if (search) {
  let status = "";
  const apply = (write = true) => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    for (const element of $$("[data-verdict]")) {
      const { verdict, name } = element.dataset;
      element.hidden = !((!status || status === verdict) && words.every((word) => name.includes(word)));
      shown += !element.hidden;
    }
    $("#none").hidden = shown > 0;
    for (const chip of $$("[data-status]")) chip.setAttribute("aria-pressed", String(chip.dataset.status === status));
    if (!write) return;
    const found = new URLSearchParams();
    if (status) found.set("status", status);
    if (search.value) found.set("q", search.value);
    history.replaceState(null, "", found.size ? `#${found}` : location.pathname + location.search);
  };
  const restore = () => {
    const named = document.getElementById(location.hash.slice(1));
    if (named && named.matches("details")) {
      named.open = true;
      named.scrollIntoView();
      return;
    }
    const found = new URLSearchParams(location.hash.slice(1));
    status = $$("[data-status]").some((chip) => chip.dataset.status === found.get("status")) ? found.get("status") : "";
    search.value = found.get("q") || "";
    apply(false);
  };
  search.addEventListener("input", () => apply());
  for (const chip of $$("[data-status]")) {
    chip.addEventListener("click", () => { status = chip.dataset.status; apply(); });
  }
  addEventListener("hashchange", restore);
  restore();
}
