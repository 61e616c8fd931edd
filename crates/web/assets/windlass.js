// What pages can do without, and do better with.
"use strict";
(() => {
  const root = document.documentElement;

  // Times in the reader's own zone: from now on the server writes them so.
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const localTimes = (within) => {
    if (!zone || root.dataset.zone === zone) return;
    const format = new Intl.DateTimeFormat("en-GB", {
      day: "numeric", month: "short", year: "numeric", hour: "2-digit", minute: "2-digit",
    });
    for (const time of within.querySelectorAll("time:not([data-fixed])")) {
      if (/\d\d:\d\d/.test(time.textContent)) {
        time.textContent = format.format(new Date(time.dateTime));
      }
    }
  };
  if (zone && root.dataset.zone !== zone) {
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `zone=${zone}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  }
  localTimes(document);

  // Where sections lie side by side, the one that is shown is in sight.
  const shown = document.querySelector(".sections [aria-current]");
  if (shown) shown.closest(".sections").scrollLeft = shown.offsetLeft - 60;

  // A form that takes a while says so, and is sent once.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.dataset.ask && !confirm(form.dataset.ask)) {
      event.preventDefault();
      return;
    }
    if (!form.dataset.busy) return;
    const button = event.submitter || form.querySelector("button");
    if (!button) return;
    if (button.getAttribute("aria-disabled") === "true") {
      event.preventDefault();
      return;
    }
    button.setAttribute("aria-disabled", "true");
    button.dataset.label = button.textContent;
    button.textContent = form.dataset.busy;
  });
  window.addEventListener("pageshow", () => {
    for (const button of document.querySelectorAll("button[aria-disabled=true]")) {
      button.removeAttribute("aria-disabled");
      button.textContent = button.dataset.label;
    }
  });

  // Copying.
  for (const button of document.querySelectorAll("button[data-copy]")) {
    if (!navigator.clipboard) continue;
    button.hidden = false;
    button.addEventListener("click", async () => {
      const text = document.getElementById(button.dataset.copy).textContent;
      await navigator.clipboard.writeText(text);
      const before = button.textContent;
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = before; }, 2000);
    });
  }

  // A preview that follows what is written: the answer to the form, asked for after a pause.
  for (const form of document.querySelectorAll("form[data-preview]")) {
    let waiting = 0, asked = null;
    const show = async () => {
      if (asked) asked.abort();
      asked = new AbortController();
      const fields = new FormData(form);
      fields.set("then", "preview");
      try {
        const answer = await fetch(form.action, {
          method: "POST", body: new URLSearchParams(fields), signal: asked.signal,
        });
        const page = new DOMParser().parseFromString(await answer.text(), "text/html");
        const found = page.getElementById(form.dataset.preview);
        const problem = page.querySelector("[role=alert]");
        const place = document.getElementById(form.dataset.preview);
        place.replaceChildren(...(answer.ok && found ? found.childNodes : problem ? [problem] : []));
        localTimes(place);
      } catch (error) {
        if (error.name !== "AbortError") throw error;
      }
    };
    form.addEventListener("input", (event) => {
      if (event.target.name === "name") return;
      clearTimeout(waiting);
      waiting = setTimeout(show, 500);
    });
  }

  // A file is read into the field that the form sends.
  for (const file of document.querySelectorAll("input[type=file][data-into]")) {
    file.closest("[hidden]").hidden = false;
    file.addEventListener("change", async () => {
      if (file.files.length > 0) {
        document.getElementById(file.dataset.into).value = await file.files[0].text();
      }
    });
  }

  // What changes while one looks. Nothing moves under the keyboard: it waits until the focus is elsewhere.
  for (const region of document.querySelectorAll("[data-live]")) {
    const source = new EventSource(region.dataset.live);
    let held = null;
    const show = (text) => {
      if (region.contains(document.activeElement)) {
        held = text;
        return;
      }
      held = null;
      const places = [...region.querySelectorAll(".table")].map((one) => one.scrollLeft);
      region.innerHTML = text;
      [...region.querySelectorAll(".table")].forEach((one, at) => { one.scrollLeft = places[at] || 0; });
      localTimes(region);
    };
    source.addEventListener("live", (event) => show(event.data));
    source.addEventListener("gone", () => { source.close(); location.reload(); });
    region.addEventListener("focusout", () => {
      setTimeout(() => { if (held !== null) show(held); }, 0);
    });
    window.addEventListener("pagehide", () => source.close());
  }

  // Charts, drawn from the tables that stand beside them.
  const charts = document.querySelectorAll("[data-chart]");
  // What stands at the axis, by unit.
  const scale = (unit) => (value) => {
    if (unit === "share") return `${Math.round(value * 100)} %`;
    if (unit !== "s") return value.toLocaleString("en-GB");
    if (value >= 86400) return `${Math.round(value / 8640) / 10} d`;
    if (value >= 3600) return `${Math.round(value / 360) / 10} h`;
    return value >= 60 ? `${Math.round(value / 60)} min` : `${Math.round(value)} s`;
  };
  // Steps that are whole minutes, hours or days.
  const steps = (unit, datasets) => {
    if (unit === "share") return { precision: 2 };
    if (unit !== "s") return {};
    const largest = Math.max(1, ...datasets.flatMap((one) => one.data.filter((value) => value !== null)));
    const sizes = [1, 5, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 43200, 86400, 172800, 345600, 604800, 1209600, 2419200, 7257600];
    return { stepSize: sizes.find((size) => largest / size <= 7) || 31536000 };
  };
  const draw = () => {
    const style = getComputedStyle(root);
    const colour = (name) => style.getPropertyValue(name).trim();
    const resolved = (name) => {
      const probe = document.createElement("i");
      probe.className = `probe-${name}`;
      document.body.append(probe);
      const value = getComputedStyle(probe).color;
      probe.remove();
      return value;
    };
    const series = ["one", "two", "three", "four", "five", "six"].map(resolved);
    const text = resolved("quiet"), line = resolved("line");
    Chart.defaults.font.family = colour("--font") || "system-ui";
    Chart.defaults.color = text;
    Chart.defaults.borderColor = line;
    Chart.defaults.animation = false;
    for (const place of charts) {
      if (place.chart) place.chart.destroy();
      const table = document.getElementById(place.dataset.of);
      const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent.trim());
      const rows = [...table.tBodies[0].rows];
      const labels = rows.map((row) => row.cells[0].textContent.trim());
      // Which columns are drawn: all but the first, unless the page says which.
      const columns = place.dataset.columns
        ? place.dataset.columns.split(",").map(Number)
        : heads.map((_, at) => at).slice(1);
      const cell = (row, column) => rows[row].cells[column];
      // The exact value where the table has it; nothing is a gap, no zero.
      const value = (one) => {
        if ("value" in one.dataset) return one.dataset.value === "" ? null : Number(one.dataset.value);
        return Number(one.textContent.replace(/[^0-9.−-]/g, "").replace("−", "-"));
      };
      const [type, stacked] = place.dataset.chart.split("-");
      const few = (column) => rows.map((_, row) => "few" in cell(row, column).dataset);
      const datasets = columns.map((column, at) => {
        const own = series[at % series.length];
        const thin = few(column);
        return {
          label: heads[column],
          data: rows.map((_, row) => value(cell(row, column))),
          backgroundColor: own,
          borderColor: own,
          borderWidth: type === "line" ? 2 : 0,
          pointRadius: rows.length > 60 ? 1.5 : 3,
          pointHoverRadius: 5,
          pointBackgroundColor: thin.map((one) => (one ? resolved("surface") : own)),
          segment: { borderDash: (ctx) => (thin[ctx.p0DataIndex] || thin[ctx.p1DataIndex] ? [4, 3] : undefined) },
        };
      });
      place.replaceChildren();
      const canvas = document.createElement("canvas");
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `${table.closest(".table").getAttribute("aria-label")}: the numbers are in the table beside it`);
      place.append(canvas);
      const linkOf = (point) => (point ? cell(point.index, columns[point.datasetIndex]).querySelector("a")
        || rows[point.index].querySelector("td a") : null);
      place.chart = new Chart(canvas, {
        type,
        data: { labels, datasets },
        options: {
          maintainAspectRatio: false,
          interaction: { mode: "index", intersect: false },
          onClick: (event, points, chart) => {
            const near = chart.getElementsAtEventForMode(event, "nearest", { intersect: false, axis: "x" }, true);
            const link = linkOf(near[0]);
            if (link) link.click();
          },
          onHover: (event, points) => { canvas.style.cursor = linkOf(points[0]) ? "pointer" : "default"; },
          plugins: {
            legend: { display: columns.length > 1, position: "bottom" },
            title: { display: "title" in place.dataset, text: place.dataset.title, align: "start" },
            tooltip: {
              callbacks: {
                label: (item) => {
                  const one = cell(item.dataIndex, columns[item.datasetIndex]);
                  return `${item.dataset.label}: ${one.textContent.trim()}${"few" in one.dataset ? " (few rows)" : ""}`;
                },
              },
            },
          },
          scales: {
            x: { stacked: stacked === "stacked", grid: { display: false } },
            y: {
              stacked: stacked === "stacked", beginAtZero: true,
              ticks: { precision: 0, callback: scale(place.dataset.unit), ...steps(place.dataset.unit, datasets) },
            },
          },
        },
      });
    }
  };
  if (charts.length > 0) {
    const script = document.createElement("script");
    script.src = document.querySelector("script[data-charts]").dataset.charts;
    script.onload = draw;
    document.head.append(script);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { if (window.Chart) draw(); });
  }
})();
