// The journal, live: a list to filter, and beside it the request that is opened.
import { html, useEffect, useMemo, useState } from "../ui.js";
import { store, useStore } from "../store.js";
import { Icon, Status, Text, VirtualList, useWide } from "../parts.js";
import { clockTime, count, duration, shortId, shortPath, visible } from "../format.js";
import { Request } from "./request.js";
import { control } from "../api.js";

const KINDS = [
  { name: "all", title: "All", has: () => true },
  { name: "refused", title: "Refused", has: (row) => row.status === null || row.status >= 400 },
  { name: "accepted", title: "Accepted", has: (row) => row.status !== null && row.status < 400 },
];

function matches(row, filter, words) {
  if (filter.status && String(row.status ?? "none") !== filter.status) return false;
  if (filter.operation && row.operation !== filter.operation) return false;
  if (filter.rule && row.rule !== filter.rule) return false;
  if (filter.token && row.owner !== filter.token) return false;
  if (!words.length) return true;
  const text = `${row.method} ${row.path} ${row.query} ${row.operation ?? ""} ${row.status ?? ""} ${row.rule ?? ""} ${row.video ?? ""} ${row.request_id ?? ""} ${row.prompt ?? ""} ${row.scenarios.join(" ")}`.toLowerCase();
  return words.every((word) => text.includes(word));
}

/** The values of one column, the most frequent first, with how often each stands there. */
function choices(rows, read) {
  const counts = new Map();
  for (const row of rows) {
    const value = read(row);
    if (value) counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].sort((a, b) => b[1] - a[1]);
}

function Choice({ label, value, options, onChange, show = (v) => v }) {
  const listed = value && !options.some(([one]) => one === value) ? [[value, 0], ...options] : options;
  return html`<select aria-label=${label} value=${value} onChange=${(e) => onChange(e.target.value)} class=${value ? "set" : ""}>
    <option value="">${label}: any</option>
    ${listed.map(([one, n]) => html`<option value=${one} selected=${one === value}>${visible(show(one))} (${n})</option>`)}
  </select>`;
}

function Row({ row, wide, current, link }) {
  const what = row.rule
    ? html`<span class="rule mono">${visible(row.rule)}</span>`
    : row.video
      ? html`<span class="video mono">${visible(wide ? row.video.slice(0, 22) : shortId(row.video))}${wide ? "…" : ""}</span>`
      : html`<span class="quiet">${row.scenarios.join(", ")}</span>`;
  if (!wide) {
    return html`<a class="row narrow" href=${link} aria-current=${current ? "true" : undefined}>
      <span class="top"><${Status} status=${row.status} /><b>${visible(row.method)}</b> <${Text} mono>${shortPath(row.path)}<//></span>
      <span class="bottom"><time class="mono">${clockTime(row.at)}</time>${what}</span>
    </a>`;
  }
  return html`<a class="row" href=${link} aria-current=${current ? "true" : undefined}>
    <time class="mono quiet">${clockTime(row.at)}</time>
    <${Status} status=${row.status} />
    <span class="target" title=${visible(row.path)}><b>${visible(row.method)}</b> <${Text} mono>${shortPath(row.path)}<//></span>
    <span class="operation quiet">${row.operation ?? ""}</span>
    <span class="what">${what}</span>
    <span class="prompt quiet">${row.prompt ? visible(row.prompt) : ""}</span>
    <span class="took mono quiet">${duration(row.duration_ms)}</span>
  </a>`;
}

function Empty({ filtered, onClear }) {
  const info = useStore((s) => s.info);
  if (info && !info.keeps_requests) {
    return html`<div class="empty"><h2>This mock remembers no requests</h2><p>It was started with <code>--keep-requests 0</code>.</p></div>`;
  }
  if (filtered) {
    return html`<div class="empty"><p>No request fits this filter.</p><button type="button" onClick=${onClear}>Clear the filter</button></div>`;
  }
  return html`<div class="empty">
    <h2>No request yet</h2>
    <p>Point a client at <code>${new URL("../../v1", document.baseURI).href}</code>, with any bearer token unless the mock was
      started with <code>--token</code>. What it sends shows here at once.</p>
    <p><a class="button primary" href="#/try">Send one from this page</a></p>
  </div>`;
}

export function Requests({ rest, query }) {
  const rows = useStore((s) => s.rows);
  const paused = useStore((s) => s.paused);
  const waiting = useStore((s) => s.waiting);
  const [kind, setKind] = useState("all");
  const [text, setText] = useState("");
  const [more, setMore] = useState(false);
  const [filter, setFilter] = useState({ status: "", operation: "", rule: query.get("rule") ?? "", token: "" });
  const wide = useWide(760);
  const split = useWide(1100);
  const opened = rest[0] ? Number(rest[0]) : null;

  useEffect(() => {
    const rule = query.get("rule");
    const video = query.get("video");
    if (rule !== null) setFilter((f) => ({ ...f, rule }));
    if (video !== null) setText(video);
  }, [query]);

  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const isKind = KINDS.find((one) => one.name === kind).has;
  const filtered = Boolean(text || kind !== "all" || Object.values(filter).some(Boolean));
  const shown = useMemo(
    () => (filtered ? rows.filter((row) => isKind(row) && matches(row, filter, words)) : rows),
    [rows, kind, text, filter],
  );
  const refused = useMemo(() => rows.reduce((n, row) => n + (KINDS[1].has(row) ? 1 : 0), 0), [rows]);
  const options = useMemo(
    () => ({
      status: choices(rows, (row) => String(row.status ?? "none")),
      operation: choices(rows, (row) => row.operation),
      rule: choices(rows, (row) => row.rule),
      token: choices(rows, (row) => row.owner),
    }),
    [rows],
  );
  const place = opened === null ? -1 : shown.findIndex((row) => row.id === opened);
  const set = (name) => (value) => setFilter((f) => ({ ...f, [name]: value }));
  const clear = () => {
    setText("");
    setKind("all");
    setFilter({ status: "", operation: "", rule: "", token: "" });
    if (query.size) location.hash = "#/requests";
  };

  useEffect(() => {
    const onKey = (event) => {
      if (event.target.closest("input, textarea, select, video, pre") || event.metaKey || event.ctrlKey) return;
      const step = { j: 1, ArrowDown: 1, k: -1, ArrowUp: -1 }[event.key];
      if (step && shown.length) {
        event.preventDefault();
        const next = Math.min(shown.length - 1, Math.max(0, place + step));
        location.hash = `#/requests/${shown[next].id}`;
      }
      if (event.key === "Escape" && opened !== null) location.hash = "#/requests";
      if (event.key === "p") store.pause(!store.state.paused);
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [shown, place, opened]);

  const list = html`<section class="list" aria-label="Requests">
    <header>
      <div class="heading">
        <h1>Requests</h1>
        <div class="tabs" role="group" aria-label="Which requests">
          ${KINDS.map((one) => html`<button type="button" aria-pressed=${one.name === kind} onClick=${() => setKind(one.name)}>${one.title}${one.name === "refused" && refused ? html` <small>${count(refused)}</small>` : ""}</button>`)}
        </div>
        <span class="grow"></span>
        <button type="button" class=${`small ${paused ? "on" : ""}`} aria-pressed=${paused} onClick=${() => store.pause(!paused)} title="Hold back what comes (p)">
          <${Icon} name=${paused ? "play" : "pause"} />${paused ? (waiting ? `Show ${count(waiting)} new` : "Paused") : "Pause"}
        </button>
        <button type="button" class="small" disabled=${!rows.length} onClick=${() => control("requests", { method: "DELETE" })}>Clear</button>
      </div>
      <div class="filters">
        <label class="search"><${Icon} name="search" /><input type="search" placeholder="Path, rule, prompt, id …  ( / )" aria-label="Search requests" value=${text} onInput=${(e) => setText(e.target.value)} /></label>
        <button type="button" class="small more" aria-expanded=${more} onClick=${() => setMore(!more)}>Filter</button>
        <div class=${`choices ${more ? "open" : ""}`}>
          <${Choice} label="Status" value=${filter.status} options=${options.status} onChange=${set("status")} />
          <${Choice} label="Rule" value=${filter.rule} options=${options.rule} onChange=${set("rule")} />
          <${Choice} label="Operation" value=${filter.operation} options=${options.operation} onChange=${set("operation")} />
          <${Choice} label="Token" value=${filter.token} options=${options.token} onChange=${set("token")} show=${(v) => v.slice(0, 8)} />
          ${filtered && html`<button type="button" class="small" onClick=${clear}>Clear filter</button>`}
        </div>
        <span class="quiet shown" aria-live="polite">${filtered ? `${count(shown.length)} of ${count(rows.length)}` : count(rows.length)}</span>
      </div>
    </header>
    ${shown.length
      ? html`<${VirtualList} items=${shown} height=${wide ? 34 : 56} label="List of requests" selected=${place}
          row=${(row) => html`<${Row} row=${row} wide=${wide && !(split && opened !== null) ? true : wide} current=${row.id === opened} link=${`#/requests/${row.id}`} />`} />`
      : html`<${Empty} filtered=${filtered && rows.length > 0} onClear=${clear} />`}
  </section>`;
  if (opened === null) return html`<div class="panes">${list}</div>`;
  const detail = html`<${Request} key=${opened} id=${opened} alone=${!split} />`;
  return html`<div class=${`panes ${split ? "split" : "one"}`}>${split && list}${detail}</div>`;
}
