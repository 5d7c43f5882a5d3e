// The document that the mock serves: operations, rules with their sources, errors with examples.
import { html, useEffect, useMemo, useState } from "../ui.js";
import { useLoaded, useStore } from "../store.js";
import { control } from "../api.js";
import { errorExamples, loadDocument, operationsOf } from "../openapi.js";
import { Failure, Icon, Json, Prose, Status } from "../parts.js";
import { count, visible } from "../format.js";

/** The groups of rules by the first word of their ids, in the order of the document. */
function grouped(rules) {
  const groups = new Map();
  for (const rule of rules) {
    const name = rule.id.split(".")[0];
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(rule);
  }
  return [...groups];
}

function Rule({ rule, broken, example, opened }) {
  return html`<details class="ruleline" id=${`rule-${rule.id}`} open=${opened}>
    <summary>
      <code>${rule.id}</code><span class="says"><${Prose}>${rule.says}<//></span>
      <span class=${`tag ${rule.source}`}>${rule.source}</span>
      ${rule.status ? html`<${Status} status=${rule.status} />` : html`<span></span>`}
      ${broken > 0 && html`<span class="tag bad" title="so often since the journal begins">${count(broken)}×</span>`}
    </summary>
    <div class="ruledetail">
      <p><span class="quiet">from</span> ${visible(rule.from)}</p>
      ${rule.status
        ? html`<p><span class="quiet">earns</span> ${rule.status}${rule.code ? html` <code>${rule.code}</code>` : ""}</p>`
        : html`<p class="quiet">It binds the server: no request can break it.</p>`}
      ${rule.status && html`<p><a href=${`#/requests?rule=${encodeURIComponent(rule.id)}`}>${broken ? `${count(broken)} request${broken === 1 ? "" : "s"} broke it` : "no request broke it yet"}</a></p>`}
      ${example && html`<${Json} text=${JSON.stringify(example)} />`}
    </div>
  </details>`;
}

export function Document({ rest }) {
  const info = useStore((s) => s.info);
  const rows = useStore((s) => s.rows);
  const [text, setText] = useState("");
  const { value, error, reload } = useLoaded(
    () => Promise.all([loadDocument(info?.document), control("rules")]),
    [info?.document],
  );
  const target = rest[0] ?? null;

  const broken = useMemo(() => {
    const counts = {};
    for (const row of rows) if (row.rule) counts[row.rule] = (counts[row.rule] ?? 0) + 1;
    return counts;
  }, [rows]);

  useEffect(() => {
    if (!value || !target) return;
    document.getElementById(`rule-${target}`)?.scrollIntoView({ block: "center" });
  }, [value, target]);

  if (error && !value) return html`<div class="page"><${Failure} error=${error} retry=${reload} /></div>`;
  if (!value) return html`<div class="page" aria-busy="true"></div>`;
  const [doc, { data: rules }] = value;
  const operations = operationsOf(doc);
  const examples = errorExamples(doc);
  const exampleOf = (error) => {
    const rule = Object.entries(doc["x-rules"] ?? {}).find(([id, one]) => one.error === error && examples[id]);
    return rule && examples[rule[0]];
  };
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (...parts) => words.every((word) => parts.join(" ").toLowerCase().includes(word));
  const shownOperations = operations.filter((one) => fits(one.id, one.method, one.path, one.summary, one.description));
  const shownRules = rules.filter((one) => fits(one.id, one.says, one.source, one.from, one.status ?? "", one.code ?? ""));
  const errors = Object.entries(doc["x-errors"] ?? {}).filter(([name, one]) => fits(name, one.status, one.type, one.code ?? "", one.message));
  return html`<div class="page">
    <div class="heading">
      <h1>${doc.info.title} <span class="quiet">${doc.info.version}</span></h1>
      <span class="grow"></span>
      <a class="button small" href="../docs" target="_blank" rel="noopener"><${Icon} name="out" />API reference</a>
      <a class="button small" href="../openapi.json" target="_blank" rel="noopener">openapi.json</a>
    </div>
    ${doc.info.summary && html`<p class="quiet">${doc.info.summary}</p>`}
    <p>${info?.dialect ? html`Dialect: <code>${info.dialect}</code>` : html`<span class="quiet">No overlay: the document as it is.</span>`}</p>
    <label class="search wide"><${Icon} name="search" /><input type="search" placeholder="Search operations, rules, errors  ( / )" aria-label="Search the document" value=${text} onInput=${(e) => setText(e.target.value)} /></label>
    ${words.length > 0 && html`<p class="quiet" aria-live="polite">${shownOperations.length} operations, ${shownRules.length} rules, ${errors.length} errors</p>`}
    ${shownOperations.length > 0 && html`<section class="card" aria-labelledby="operations"><h2 id="operations">Operations</h2>
      <ul class="operations">${shownOperations.map((one) => html`<li>
        <a href=${`#/try?operation=${one.id}`} title="Try it"><b class="mono method">${one.method}</b> <span class="mono">${one.path}</span></a>
        <span>${one.summary}</span>${one.tags.length > 0 && html` <span class="tag">${one.tags.join(", ")}</span>`}
      </li>`)}</ul></section>`}
    ${shownRules.length > 0 && html`<section class="card" aria-labelledby="rules"><h2 id="rules">Rules <small>${shownRules.length}</small></h2>
      ${grouped(shownRules).map(([name, list]) => html`<div class=${`rulegroup ${list.length === 1 ? "alone" : ""}`}>${list.length > 1 && html`<h3 class="mono">${name}</h3>`}
        ${list.map((rule) => html`<${Rule} key=${rule.id} rule=${rule} broken=${broken[rule.id] ?? 0} example=${examples[rule.id]} opened=${rule.id === target} />`)}
      </div>`)}</section>`}
    ${errors.length > 0 && html`<section class="card" aria-labelledby="errors"><h2 id="errors">Errors <small>${errors.length}</small></h2>
      <div class="tablebox" tabindex="0" role="region" aria-label="Errors"><table>
        <thead><tr><th scope="col">name</th><th scope="col">status</th><th scope="col">code</th><th scope="col">message</th></tr></thead>
        <tbody>${errors.map(([name, one]) => html`<tr><th scope="row"><code>${name}</code></th><td><${Status} status=${one.status} /></td><td class="mono">${one.code ?? "null"}</td><td>${one.message}${exampleOf(name) && html`<details><summary class="quiet">example</summary><${Json} text=${JSON.stringify(exampleOf(name))} /></details>`}</td></tr>`)}</tbody>
      </table></div></section>`}
    ${!shownOperations.length && !shownRules.length && !errors.length && html`<div class="empty"><p>Nothing in the document fits.</p></div>`}
  </div>`;
}
