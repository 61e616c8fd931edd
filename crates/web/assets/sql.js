// The SQL page: an editor around the text area, and results that come while one waits.
"use strict";
(() => {
  const area = document.querySelector("textarea[data-editor]");
  if (area) {
    const form = area.form;
    const run = () => form.requestSubmit(form.querySelector("button[value=run]"));
    area.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) { event.preventDefault(); run(); }
    });
    const load = (address) => new Promise((loaded, failed) => {
      const script = document.createElement("script");
      script.src = address;
      script.onload = loaded;
      script.onerror = failed;
      document.head.append(script);
    });
    const tables = fetch(area.dataset.completions).then((answer) => answer.ok ? answer.json() : {});
    Promise.all([load(area.dataset.editor), tables.catch(() => ({}))]).then(([, found]) => {
      window.windlassEditor = WindlassEditor.attach(area, {
        dialect: area.dataset.dialect, tables: found, label: "Query", run,
      });
      document.querySelector(`label[for=${area.id}]`).addEventListener("click", () => window.windlassEditor.focus());
    }, () => { /* The text area stays as it is. */ });
  }

  // What a run has given. Who has changed the query meanwhile keeps what they wrote.
  const before = area && area.value;
  const watch = async () => {
    for (;;) {
      const region = document.querySelector("[data-running]");
      if (!region) return;
      let text;
      try {
        const answer = await fetch(region.dataset.running);
        if (!answer.ok) return;
        text = await answer.text();
      } catch {
        return;
      }
      if (text.includes("data-running=")) continue;
      if (!area || area.value === before) { location.reload(); return; }
      region.outerHTML = text;
    }
  };
  watch();
})();
