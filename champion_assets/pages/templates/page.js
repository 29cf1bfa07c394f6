"use strict";
(() => {
  const value = (cell) => {
    const text = cell.dataset.v ?? cell.textContent.trim();
    const number = Number(text);
    return text === "" || text === "–" ? null : Number.isNaN(number) ? text.toLowerCase() : number;
  };
  const order = (a, b) => {
    if (a === null || b === null) return (a === null) - (b === null);
    return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    const heads = [...table.tHead.rows[0].cells];
    heads.forEach((head, column) => {
      const sort = () => {
        const rows = [...table.tBodies[0].rows];
        const first = head.classList.contains("n") ? "descending" : "ascending";
        const now = head.getAttribute("aria-sort");
        const next = now === null ? first : now === "ascending" ? "descending" : "ascending";
        heads.forEach((each) => each.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", next);
        const sign = next === "ascending" ? 1 : -1;
        rows.sort((one, two) => {
          const a = value(one.cells[column]), b = value(two.cells[column]);
          return a === null || b === null ? order(a, b) : sign * order(a, b);
        });
        table.tBodies[0].append(...rows);
      };
      head.tabIndex = 0;
      head.addEventListener("click", sort);
      head.addEventListener("keydown", (event) => {
        if (event.key === "Enter" || event.key === " ") { event.preventDefault(); sort(); }
      });
    });
  }
  const axis = (text) => {
    const [low, high, log, unit] = text.split(",");
    const a = Number(low), b = Number(high);
    return { unit, at: (share) => log === "1" ? a * (b / a) ** share : a + (b - a) * share };
  };
  const say = (number, unit) => {
    const fixed = (digits) => number.toLocaleString("en-IN", { minimumFractionDigits: digits, maximumFractionDigits: digits });
    if (unit === "date") return new Date(Math.round(number) * 864e5).toISOString().slice(0, 10);
    if (unit === "percent") { number *= 100; return fixed(1) + " %"; }
    if (unit === "rupees") return "₹" + fixed(0);
    if (unit === "crore") { number /= 1e7; return "₹" + fixed(2) + " crore"; }
    if (unit === "multiple") return fixed(1) + " ×";
    return fixed(unit === "score" ? 1 : 2);
  };
  for (const plot of document.querySelectorAll(".plot")) {
    const lines = [...plot.querySelectorAll("path.line[data-n]")];
    if (!lines.length) continue;
    const x = axis(plot.dataset.x), y = axis(plot.dataset.y);
    const curves = lines.map((line) => ({
      name: line.dataset.n,
      points: (line.getAttribute("d").match(/-?\d+ -?\d+/g) || []).map((pair) => pair.split(" ").map(Number)),
    }));
    const rule = document.createElement("div"), tip = document.createElement("div");
    rule.className = "rule"; tip.className = "tip"; rule.hidden = tip.hidden = true;
    plot.append(rule, tip);
    const hide = () => { rule.hidden = tip.hidden = true; };
    const move = (event) => {
      const box = plot.getBoundingClientRect(), here = (event.clientX - box.left) / box.width;
      if (here < 0 || here > 1) { hide(); return; }
      let place = null;
      const near = curves.map(({ name, points }) => {
        let low = 0, high = points.length - 1;
        while (low < high) { const middle = (low + high) >> 1; if (points[middle][0] < here * 1e4) low = middle + 1; else high = middle; }
        const best = low > 0 && here * 1e4 - points[low - 1][0] < points[low]?.[0] - here * 1e4 ? points[low - 1] : points[low];
        if (!best || Math.abs(best[0] - here * 1e4) > 300) return null;
        place ??= best[0];
        return name + ": " + say(y.at(1 - best[1] / 1e4), y.unit);
      }).filter(Boolean);
      if (!near.length) { hide(); return; }
      tip.replaceChildren(...[say(x.at(place / 1e4), x.unit), ...near].map((text) => {
        const line = document.createElement("div"); line.textContent = text; return line;
      }));
      rule.hidden = tip.hidden = false;
      rule.style.left = place / 100 + "%";
      const left = place / 1e4 * box.width;
      tip.style.left = Math.max(0, Math.min(box.width - tip.offsetWidth, left + (left > box.width / 2 ? -tip.offsetWidth - 12 : 12))) + "px";
    };
    plot.addEventListener("pointermove", move);
    plot.addEventListener("pointerdown", move);
    plot.addEventListener("pointerleave", hide);
  }
})();
