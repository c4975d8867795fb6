// The console works without this file; with it, times tick, lists mark what changed, and the keyboard reaches everything.
"use strict";
(() => {
  const body = document.body;
  const zh = body.dataset.language === "zh";
  document.documentElement.classList.add("js");

  // Time: the server's, carried on by this page's own steady clock.
  let offset = Number(body.dataset.now) - performance.now();
  const now = () => performance.now() + offset;
  const units = zh ? { d: "天", h: "小时", min: "分钟", s: "秒" } : { d: "d", h: "h", min: "min", s: "s" };
  const MIN = 60e3, HOUR = 60 * MIN, DAY = 24 * HOUR;

  // As notifiers/localise.py says durations; a countdown in its last minutes shows seconds.
  const span = (ms, exact) => {
    const length = Math.abs(ms), parts = [];
    const part = (count, unit) => parts.push(`${count.toLocaleString(zh ? "zh-CN" : "en")} ${units[unit]}`);
    if (length < MIN) part(Math.floor(length / 1e3), "s");
    else if (length < HOUR) {
      part(Math.floor(length / MIN), "min");
      if (exact && length < 10 * MIN && length % MIN >= 1e3) part(Math.floor(length % MIN / 1e3), "s");
    } else if (length < 10 * HOUR) {
      part(Math.floor(length / HOUR), "h");
      if (length % HOUR >= MIN) part(Math.floor(length % HOUR / MIN), "min");
    } else if (length < 3 * DAY) part(Math.floor(length / HOUR), "h");
    else if (length < 14 * DAY) {
      part(Math.floor(length / DAY), "d");
      if (length % DAY >= HOUR) part(Math.floor(length % DAY / HOUR), "h");
    } else part(Math.floor(length / DAY), "d");
    return parts.join(" ");
  };
  const relative = (at, exact) => {
    const gap = at - now();
    if (Math.abs(gap) < 1e3) return zh ? "刚刚" : "just now";
    const text = span(gap, exact && gap > 0);
    return gap < 0 ? (zh ? `${text}前` : `${text} ago`) : (zh ? `${text}后` : `in ${text}`);
  };
  const tick = () => {
    for (const element of document.querySelectorAll("time[data-t]")) {
      if (element.dataset.exact !== undefined) continue;
      const at = Number(element.dataset.t);
      const text = element.dataset.span !== undefined ? span(now() - at) : relative(at, element.classList.contains("count"));
      if (element.textContent !== text) element.textContent = text;
    }
  };
  tick();
  setInterval(tick, 1000);
  // A tap on a time says it the other way too: the relative one exactly, the exact one relatively and with its zone.
  document.addEventListener("click", (event) => {
    const time = event.target.closest("time[title]");
    if (!time || event.target.closest("a, button, summary")) return;
    if (time.dataset.exact === undefined) { time.dataset.exact = time.textContent; time.textContent = time.title; }
    else { time.textContent = time.dataset.exact; delete time.dataset.exact; tick(); }
  });

  // Only one menu at a time; Escape and a click elsewhere close it.
  const close = (except) => {
    for (const open of document.querySelectorAll("details.menu[open], details.more[open]")) if (open !== except) open.open = false;
  };
  document.addEventListener("click", (event) => close(event.target.closest("details")));

  // Undo is offered for ten seconds.
  const undo = document.querySelector("[data-undo]");
  if (undo) setTimeout(() => undo.remove(), 10000);
  // What was done is said once: not again when the page is reloaded or its address is sent to somebody.
  if (document.getElementById("done")) {
    const address = new URL(location.href);
    for (const name of ["did", "acknowledged"]) address.searchParams.delete(name);
    history.replaceState(null, "", address);
  }

  // The list: j k move, x marks, a acknowledges, Enter opens.
  const rows = () => [...document.querySelectorAll("#rows > .row")];
  let here = -1;
  const go = (index) => {
    const all = rows();
    if (!all.length) return;
    all[here]?.classList.remove("here");
    here = Math.max(0, Math.min(all.length - 1, index));
    const row = all[here];
    row.classList.add("here");
    row.scrollIntoView({ block: "nearest" });
    row.querySelector(".c-sentence a").focus({ preventScroll: true });
  };
  const marked = () => [...document.querySelectorAll("input[name=marked]:checked")];
  const count = () => {
    const label = document.getElementById("marked-count");
    if (!label) return;
    const all = marked().length;
    label.textContent = label.dataset.text.replace("{count}", String(all));
    label.parentElement.classList.toggle("some", all > 0);
  };
  count();
  document.addEventListener("change", (event) => { if (event.target.name === "marked") count(); });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") close();
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName) && event.target.type !== "checkbox") return;
    if (event.key === "/" && document.getElementById("q")) { event.preventDefault(); document.getElementById("q").focus(); return; }
    if (body.dataset.page === "incident") {
      if (event.key === "a") document.querySelector(".main-action")?.requestSubmit();
      return;
    }
    if (body.dataset.page !== "inbox") return;
    const row = rows()[here];
    if (event.key === "j") go(here + 1);
    else if (event.key === "k") go(here < 0 ? 0 : here - 1);
    else if (event.key === "x" && row) { const box = row.querySelector("input"); if (!box.disabled) { box.checked = !box.checked; count(); } }
    else if (event.key === "a" && (row || marked().length)) {
      if (!marked().length) { const box = row.querySelector("input"); if (box.disabled) return; box.checked = true; }
      document.getElementById("marking").requestSubmit();
    } else return;
    event.preventDefault();
  });

  // Liveness. Nothing moves: changed rows are marked where they stand, new ones wait behind a bar.
  const page = body.dataset.page;
  if (!["inbox", "incident", "demo"].includes(page)) return;
  const swapRow = (id) => {
    const row = document.getElementById(`row-${id}`);
    const was = row.querySelector("input")?.checked;
    htmx.ajax("GET", `/incidents/${id}/row`, { target: row, swap: "outerHTML" }).then(() => {
      const fresh = document.getElementById(`row-${id}`);
      if (was && fresh && !fresh.querySelector("input").disabled) fresh.querySelector("input").checked = true;
      if (rows()[here] === fresh) fresh.classList.add("here");
      count();
      tick();
    });
  };
  let asked = 0;
  const askNew = () => {
    clearTimeout(asked);
    asked = setTimeout(() => {
      const query = new URLSearchParams({ view: body.dataset.view, q: body.dataset.q, shown: rows().map((row) => row.dataset.id).join(",") });
      htmx.ajax("GET", `/inbox/new?${query}`, { target: "#new", swap: "innerHTML" });
    }, 300);
  };
  const refresh = () => {
    // A form that is being filled in is not taken away.
    if (document.querySelector("#live details.more[open], #live details[open] textarea:focus")) return;
    const open = [...document.querySelectorAll("#live details[open]")].length && page === "demo";
    if (open) return;
    htmx.ajax("GET", location.pathname, { target: "#live", select: "#live", swap: "outerHTML" }).then(tick);
  };
  const changed = (ids, more) => {
    if (page === "inbox") {
      const shown = new Set(rows().map((row) => row.dataset.id));
      for (const id of ids) if (shown.has(String(id))) swapRow(id);
      if (!location.search.includes("after=") && (more || ids.some((id) => !shown.has(String(id))))) askNew();
    } else if (page === "demo" || more || ids.includes(Number(body.dataset.id))) refresh();
  };
  const lost = document.getElementById("lost");
  let wasLost = false, losing = 0;
  const stream = new EventSource("/changes");
  const listen = (name, act) => stream.addEventListener(name, (event) => {
    const data = JSON.parse(event.data);
    offset = data.now - performance.now();
    clearTimeout(losing);
    lost.hidden = true;
    act(data);
  });
  listen("hello", () => { if (wasLost) changed(rows().map((row) => Number(row.dataset.id)), true); wasLost = false; });
  listen("beat", () => {});
  listen("changed", (data) => changed(data.ids, data.more));
  stream.addEventListener("error", () => { wasLost = true; losing = setTimeout(() => { lost.hidden = false; }, 3000); });
  if (page === "demo") setInterval(refresh, 5000);
  addEventListener("pagehide", () => stream.close());
})();
