"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");
  const language = () => (document.getElementById("zh").checked ? "zh" : "en");
  const said = (element) => (element.querySelector(`[lang="${language()}"]`) ?? element).textContent.trim();

  // Language: the style does it; this is for the title and for readers' software.
  const speak = () => {
    root.lang = language();
    document.title = said(document.querySelector("h1"));
  };
  document.querySelectorAll('input[name="language"]').forEach((input) => input.addEventListener("change", speak));

  // Tables: sort, filter.
  const sort = (head) => {
    const table = head.closest("table");
    const place = head.cellIndex;
    const before = head.getAttribute("aria-sort");
    // Of figures one looks for the largest first, of names for the first.
    const falling = before === "none" ? head.classList.contains("number") : before === "ascending";
    const collator = new Intl.Collator(language(), { numeric: true });
    const key = (row) => {
      const cell = row.cells[place];
      const value = cell.dataset.v;
      if (value === undefined) return said(cell);
      return value === "" ? null : Number(value);
    };
    const compare = (one, other) => {
      if (one === null || other === null) return (one === null) - (other === null);
      const order = typeof one === "number" ? one - other : collator.compare(one, other);
      return falling ? -order : order;
    };
    const body = table.tBodies[0];
    const rows = Array.from(body.rows, (row) => [key(row), row]);
    rows.sort(([one], [other]) => compare(one, other));
    body.append(...rows.map(([, row]) => row));
    table.querySelectorAll("th").forEach((other) => other.setAttribute("aria-sort", "none"));
    head.setAttribute("aria-sort", falling ? "descending" : "ascending");
  };
  const filter = (input) => {
    const wanted = input.value.trim().toLowerCase();
    for (const row of input.closest(".table").querySelector("tbody").rows) {
      row.hidden = !Array.from(row.cells, said).join("\n").toLowerCase().includes(wanted);
    }
  };

  // Files: made here, from what the page shows.
  const save = (name, url) => {
    const link = document.createElement("a");
    link.href = url;
    link.download = name;
    link.click();
  };
  const saveText = (name, type, text) => {
    const url = URL.createObjectURL(new Blob([text], { type }));
    save(name, url);
    setTimeout(() => URL.revokeObjectURL(url), 10000);
  };
  const quoted = (text) => `"${text.replaceAll('"', '""')}"`;
  // A spreadsheet must not take a text for a formula.
  const harmless = (text) => (/^[=+\-@\t\r]/.test(text) ? `'${text}` : text);
  const HOUR = 3.6e9;
  const csv = (table) => {
    const heads = Array.from(table.tHead.rows[0].cells);
    const lines = [heads.map((head) => quoted(said(head) + (head.dataset.kind === "duration" ? " (h)" : "")))];
    for (const row of table.tBodies[0].rows) {
      lines.push(Array.from(row.cells, (cell, place) => {
        const value = cell.dataset.v;
        if (value === undefined) return quoted(harmless(said(cell)));
        if (value === "") return "";
        const kind = heads[place].dataset.kind;
        return kind === "instant" ? said(cell) : kind === "duration" ? String(Number(value) / HOUR) : value;
      }));
    }
    return "\ufeff" + lines.map((line) => line.join(",")).join("\r\n") + "\r\n";
  };
  const drawing = (figure) => figure.querySelector(`.drawing[lang="${language()}"] .wide svg`);
  const markup = (svg) => new XMLSerializer().serializeToString(svg);
  const savePng = (name, svg) => {
    const image = new Image();
    image.onload = () => {
      const canvas = document.createElement("canvas");
      canvas.width = 2 * svg.viewBox.baseVal.width;
      canvas.height = 2 * svg.viewBox.baseVal.height;
      canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
      save(`${name}.png`, canvas.toDataURL("image/png"));
    };
    image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(markup(svg))}`;
  };
  const saved = {
    csv: (part) => saveText(`${part.dataset.name}.csv`, "text/csv", csv(part.querySelector("table"))),
    svg: (part) => saveText(`${part.dataset.name}.svg`, "image/svg+xml", markup(drawing(part))),
    png: (part) => savePng(part.dataset.name, drawing(part)),
  };

  document.addEventListener("click", (event) => {
    const head = event.target.closest("th");
    if (head) sort(head);
    const button = event.target.closest("button[data-save]");
    if (button) saved[button.dataset.save](button.closest("[data-name]"));
  });
  document.addEventListener("input", (event) => {
    if (event.target.type === "search") filter(event.target);
  });

  // What a column counts, and what a mark of a chart stands for, beside the pointer or the focus.
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);
  const about = (target) => {
    const button = target.closest("th button[aria-describedby]");
    if (button) return said(document.getElementById(button.getAttribute("aria-describedby")));
    const mark = target.closest(".drawing svg [aria-label]");
    return mark ? mark.getAttribute("aria-label") : "";
  };
  const show = (text, left, top) => {
    tip.textContent = text;
    tip.hidden = !text;
    const box = tip.getBoundingClientRect();
    tip.style.left = `${Math.max(8, Math.min(left + 12, innerWidth - box.width - 8))}px`;
    tip.style.top = `${top + 16 + box.height > innerHeight ? top - box.height - 8 : top + 16}px`;
  };
  document.addEventListener("pointermove", (event) => show(about(event.target), event.clientX, event.clientY));
  document.addEventListener("focusin", (event) => {
    const box = event.target.getBoundingClientRect();
    show(about(event.target), box.left, box.bottom - 12);
  });
  document.addEventListener("focusout", () => show("", 0, 0));
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") show("", 0, 0); });
})();
