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
      const heads = [...table.tHead.rows[0].cells].slice(1).map((cell) => cell.textContent);
      const rows = [...table.tBodies[0].rows];
      const labels = rows.map((row) => row.cells[0].textContent);
      const datasets = heads.map((label, at) => ({
        label,
        data: rows.map((row) => Number(row.cells[at + 1].textContent.replace(/[^0-9.−-]/g, "").replace("−", "-"))),
        backgroundColor: series[at % series.length],
        borderColor: series[at % series.length],
      }));
      place.replaceChildren();
      const canvas = document.createElement("canvas");
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `${table.closest(".table").getAttribute("aria-label")}: the numbers are in the table below`);
      place.append(canvas);
      const [type, stacked] = place.dataset.chart.split("-");
      place.chart = new Chart(canvas, {
        type,
        data: { labels, datasets },
        options: {
          maintainAspectRatio: false,
          plugins: { legend: { display: heads.length > 1, position: "bottom" } },
          scales: {
            x: { stacked: stacked === "stacked", grid: { display: false } },
            y: { stacked: stacked === "stacked", beginAtZero: true, ticks: { precision: 0 } },
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
