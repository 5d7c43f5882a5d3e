// The numbers of /_mock/metrics as small plots, looked at once a second.
import { html, useEffect, useState } from "../ui.js";
import { controlUrl } from "../api.js";
import { count, duration, visible } from "../format.js";

const LOOK_MS = 1000;
const KEPT = 180; // seconds

const SAMPLE = /^(\w+)(?:\{(.*)\})? (\S+)$/;

/** The samples of a text in the form of Prometheus: [{name, labels, value}]. */
export function parseMetrics(text) {
  return text
    .split("\n")
    .map((line) => SAMPLE.exec(line))
    .filter(Boolean)
    .map(([, name, labels = "", value]) => ({
      name,
      value: Number(value.replace("Inf", "Infinity")),
      labels: Object.fromEntries([...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, key, text]) => [key, text.replace(/\\(.)/g, (_, c) => (c === "n" ? "\n" : c))])),
    }));
}

function Line({ points, label, format }) {
  const width = 600;
  const height = 120;
  const most = Math.max(1e-9, ...points);
  const step = width / (KEPT - 1);
  const start = width - (points.length - 1) * step;
  const path = points.map((value, index) => `${index ? "L" : "M"}${(start + index * step).toFixed(1)} ${(height - 6 - (value / most) * (height - 22)).toFixed(1)}`).join("");
  const last = points.at(-1) ?? 0;
  return html`<svg class="plot" viewBox=${`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label=${`${label}: ${format(last)} now, at most ${format(most < 1e-6 ? 0 : most)} within ${KEPT} seconds`}>
    <line x1="0" x2=${width} y1=${height - 6} y2=${height - 6} />
    ${points.length > 1 && html`<path class="area" d=${`${path}L${width} ${height - 6}L${start.toFixed(1)} ${height - 6}Z`} /><path class="curve" d=${path} />`}
  </svg>`;
}

function Bars({ rows, format, empty }) {
  const most = Math.max(1, ...rows.map(([, value]) => value));
  if (!rows.length) return html`<p class="quiet">${empty}</p>`;
  return html`<ul class="bars">${rows.map(([name, value, link]) => html`<li>
    <span class="name mono">${link ? html`<a href=${link}>${visible(name)}</a>` : visible(name)}</span>
    <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width=${Math.max(0.5, (100 * value) / most)} height="8" rx="1" /></svg>
    <span class="mono">${format(value)}</span>
  </li>`)}</ul>`;
}

/** The value below which a share of the observations lies, read off the cumulative buckets. */
export function quantile(buckets, share) {
  const total = buckets.at(-1)?.[1] ?? 0;
  if (!total) return null;
  let below = 0;
  let lower = 0;
  for (const [bound, upTo] of buckets) {
    if (upTo >= share * total) {
      if (!Number.isFinite(bound)) return lower;
      return lower + (bound - lower) * ((share * total - below) / Math.max(1, upTo - below));
    }
    [lower, below] = [bound, upTo];
  }
  return lower;
}

function histogram(samples) {
  const sums = new Map();
  for (const { name, labels, value } of samples) {
    if (!name.endsWith("_duration_seconds_bucket")) continue;
    const bound = Number(labels.le.replace("+Inf", "Infinity"));
    sums.set(bound, (sums.get(bound) ?? 0) + value);
  }
  return [...sums].sort((a, b) => a[0] - b[0]);
}

function tally(samples, name, read) {
  const sums = new Map();
  for (const one of samples) {
    const key = one.name === name && read(one.labels);
    if (key) sums.set(key, (sums.get(key) ?? 0) + one.value);
  }
  return [...sums].sort((a, b) => b[1] - a[1]);
}

export function Figures() {
  const [looks, setLooks] = useState([]);
  const [lost, setLost] = useState(false);
  useEffect(() => {
    let stopped = false;
    const look = async () => {
      if (document.hidden) return;
      try {
        const samples = parseMetrics(await (await fetch(controlUrl("metrics"))).text());
        if (!stopped) setLooks((before) => [...before.slice(-KEPT), { at: performance.now(), samples, buckets: histogram(samples), total: tally(samples, "mockserver_requests_total", () => "all")[0]?.[1] ?? 0 }]);
        setLost(false);
      } catch {
        setLost(true);
      }
    };
    look();
    const timer = setInterval(look, LOOK_MS);
    return () => {
      stopped = true;
      clearInterval(timer);
    };
  }, []);
  const last = looks.at(-1);
  if (!last) return html`<div class="page" aria-busy="true"><h1>Figures</h1></div>`;
  const rates = looks.slice(1).map((one, index) => Math.max(0, ((one.total - looks[index].total) * 1000) / (one.at - looks[index].at)));
  const medians = looks.slice(1).map((one, index) => {
    const before = new Map(looks[index].buckets);
    const fresh = one.buckets.map(([bound, upTo]) => [bound, upTo - (before.get(bound) ?? 0)]);
    return quantile(fresh, 0.5) ?? 0;
  });
  const ms = (seconds) => (seconds === null ? "–" : duration(seconds * 1000));
  const requests = "mockserver_requests_total";
  const rules = tally(last.samples, requests, (l) => l.rule).map(([name, n]) => [name, n, `#/requests?rule=${encodeURIComponent(name)}`]);
  const byStatus = tally(last.samples, requests, (l) => l.status);
  const value = (name) => last.samples.find((one) => one.name === name)?.value ?? 0;
  return html`<div class="page">
    <div class="heading"><h1>Figures</h1><span class="grow"></span><a class="button small" href="../metrics" target="_blank" rel="noopener">/_mock/metrics</a></div>
    ${lost && html`<p class="notice bad">The metrics cannot be read at the moment.</p>`}
    <div class="sums">
      <div><b>${count(last.total)}</b><span>requests</span></div>
      <div><b>${count(rules.reduce((sum, [, n]) => sum + n, 0))}</b><span>refused by a rule</span></div>
      <div><b>${count(value("mockserver_jobs"))}</b><span>videos kept</span></div>
      <div><b>${(value("mockserver_held_bytes") / 1e6).toFixed(1)}</b><span>MB of pictures</span></div>
    </div>
    <div class="grid2">
      <section class="card"><h2>Requests a second <small>${count(Math.round(rates.at(-1) ?? 0))}</small></h2><${Line} points=${rates} label="Requests a second" format=${(v) => v.toFixed(1)} /><p class="quiet axis"><span>${KEPT} s ago</span><span>at most ${count(Math.round(Math.max(0, ...rates)))}</span><span>now</span></p></section>
      <section class="card"><h2>Latency, median <small>${ms(medians.at(-1) ?? null)}</small></h2><${Line} points=${medians} label="Median latency" format=${ms} /><p class="quiet axis"><span>${KEPT} s ago</span><span>overall: median ${ms(quantile(last.buckets, 0.5))}, 95 % ${ms(quantile(last.buckets, 0.95))}, 99 % ${ms(quantile(last.buckets, 0.99))}</span><span>now</span></p></section>
      <section class="card"><h2>Refusals by rule</h2><${Bars} rows=${rules.slice(0, 12)} format=${count} empty="No request was refused." />${rules.length > 12 ? html`<p class="quiet">and ${rules.length - 12} rules more</p>` : null}</section>
      <section class="card"><h2>Answers by status</h2><${Bars} rows=${byStatus} format=${count} empty="No request yet." /></section>
      <section class="card"><h2>Operations</h2><${Bars} rows=${tally(last.samples, requests, (l) => l.operation || "none")} format=${count} empty="No request yet." /></section>
      <section class="card"><h2>Videos by state</h2><${Bars} rows=${tally(last.samples, "mockserver_jobs_by_state", (l) => l.state)} format=${count} empty="No video yet." /></section>
    </div>
  </div>`;
}
