// The videos of all tokens: cards, and beside them the one that is opened.
import { html, useEffect, useMemo, useState } from "../ui.js";
import { useLoaded, useStore } from "../store.js";
import { control, controlUrl } from "../api.js";
import { Copy, Failure, Fingerprint, Icon, useWide } from "../parts.js";
import { count, dateTime, shortId, visible } from "../format.js";

const LIMIT = 200;
const STATES = ["queued", "in_progress", "completed", "failed"];
const LOOK_MS = 1000;

export const contentUrl = (id, variant) => controlUrl(`jobs/${encodeURIComponent(id)}/content?variant=${variant}`);

function State({ job }) {
  const name = job.expired ? "expired" : job.stalled ? "stalled" : job.status;
  return html`<span class=${`state ${name}`}>${name.replace("_", " ")}</span>`;
}

function Poster({ job }) {
  const [width, height] = (job.size ?? "").split("x").map(Number);
  const ratio = width && height ? width / height : 16 / 9;
  if (job.status === "completed" && !job.expired) {
    return html`<img class="poster" loading="lazy" src=${contentUrl(job.id, "thumbnail")} alt="" style=${{ aspectRatio: String(ratio) }} />`;
  }
  return html`<span class="poster blank" style=${{ aspectRatio: String(ratio) }}><span>${job.size ?? ""}</span></span>`;
}

function Progress({ job }) {
  return html`<progress max="100" value=${job.progress} aria-label=${`progress of ${shortId(job.id)}`}>${job.progress} %</progress>`;
}

function Card({ job, current }) {
  return html`<a class="videocard" href=${`#/videos/${job.id}`} aria-current=${current ? "true" : undefined}>
    <span class="frame"><${Poster} job=${job} /></span>
    <span class="meta">
      <span class="line"><${State} job=${job} />${job.remixed_from_video_id && html`<span class="tag">remix</span>`}<span class="grow"></span><span class="quiet mono">${job.status === "completed" ? "" : `${job.progress} %`}</span></span>
      <span class="mono id">${shortId(job.id)}</span>
      <span class="quiet">${[job.model, job.seconds && `${job.seconds} s`, job.size].filter(Boolean).map(visible).join(" · ")}</span>
    </span>
    ${job.status === "queued" || job.status === "in_progress" ? html`<${Progress} job=${job} />` : null}
  </a>`;
}

/** The remixes of a video, and theirs, as a tree. */
function Tree({ job, jobs, current }) {
  const children = jobs.filter((one) => one.remixed_from_video_id === job.id);
  return html`<li>
    <a class="mono" href=${`#/videos/${job.id}`} aria-current=${job.id === current ? "true" : undefined}>${shortId(job.id)}</a> <${State} job=${job} />
    ${children.length > 0 && html`<ul>${children.map((one) => html`<${Tree} key=${one.id} job=${one} jobs=${jobs} current=${current} />`)}</ul>`}
  </li>`;
}

function rootOf(job, jobs) {
  const byId = new Map(jobs.map((one) => [one.id, one]));
  const seen = new Set();
  let at = job;
  while (byId.has(at.remixed_from_video_id) && !seen.has(at.id)) {
    seen.add(at.id);
    at = byId.get(at.remixed_from_video_id);
  }
  return at;
}

function Player({ job }) {
  const [sheet, setSheet] = useState(false);
  if (job.expired) return html`<p class="notice">This video has expired: its content is no longer served.</p>`;
  if (job.status !== "completed") {
    return html`<div class="waiting"><${Poster} job=${job} /><${Progress} job=${job} /></div>`;
  }
  return html`<div class="player">
    <div class="tabs" role="group" aria-label="What is shown">
      <button type="button" aria-pressed=${!sheet} onClick=${() => setSheet(false)}>Video</button>
      <button type="button" aria-pressed=${sheet} onClick=${() => setSheet(true)}>Sprite sheet</button>
    </div>
    ${sheet
      ? html`<img class="sheet" src=${contentUrl(job.id, "spritesheet")} alt="frames of the video at even distances" />`
      : html`<video controls playsinline preload="metadata" src=${contentUrl(job.id, "video")} poster=${contentUrl(job.id, "thumbnail")}></video>`}
  </div>`;
}

function Detail({ id, jobs, reload, failures, alone }) {
  const Heading = alone ? "h1" : "h2";
  const listed = jobs.find((one) => one.id === id);
  const { value, error } = useLoaded((signal) => (listed ? Promise.resolve(listed) : control(`jobs/${encodeURIComponent(id)}`, { signal })), [id, listed]);
  const [failure, setFailure] = useState(null);
  const [chosen, setCode] = useState("");
  const code = chosen || failures[0] || "";
  const job = listed ?? value;
  const close = html`<a class="button small close" href="#/videos" aria-label="Close" title="Close (Esc)"><${Icon} name="close" /></a>`;
  if (!job) return html`<article class="detail"><header><${Heading}>Video<//><span class="grow"></span>${close}</header>${error && html`<${Failure} error=${error} />`}</article>`;
  const act = async (body) => {
    setFailure(null);
    try {
      if (body) await control(`jobs/${job.id}`, { method: "POST", body });
      else {
        await control(`jobs/${job.id}`, { method: "DELETE" });
        location.hash = "#/videos";
      }
      reload();
    } catch (one) {
      setFailure(one);
    }
  };
  const finished = job.status === "completed" || job.status === "failed";
  const root = rootOf(job, jobs);
  const related = root !== job || jobs.some((one) => one.remixed_from_video_id === job.id);
  return html`<article class="detail" aria-label=${`Video ${job.id}`}>
    <header><${State} job=${job} /><${Heading} class="mono">${shortId(job.id)}<//><span class="grow"></span>${close}</header>
    <div class="scroll" tabindex="0" role="region" aria-label="Details">
      ${failure && html`<${Failure} error=${failure} />`}
      <${Player} key=${`${job.id} ${job.status}`} job=${job} />
      <div class="actions">
        <button type="button" disabled=${finished} onClick=${() => act({ status: "completed" })}>Finish now</button>
        <span class="joined">
          <button type="button" disabled=${finished} onClick=${() => act({ status: "failed", code })}>Fail with</button>
          <select aria-label="Code of the failure" disabled=${finished} value=${code} onChange=${(e) => setCode(e.target.value)}>
            ${failures.map((one) => html`<option value=${one}>${one}</option>`)}
          </select>
        </span>
        <button type="button" disabled=${finished || job.stalled} onClick=${() => act({ status: "stalled" })}>Stall</button>
        <button type="button" disabled=${job.status !== "completed" || job.expired} onClick=${() => act({ status: "expired" })}>Expire</button>
        <button type="button" class="danger" onClick=${() => act(null)}>Delete</button>
      </div>
      <section class="card" aria-labelledby="facts">
        <h2 id="facts">Facts</h2>
        <dl class="facts">
          <dt>id</dt><dd class="mono wrap">${job.id} <${Copy} text=${job.id} /></dd>
          <dt>created</dt><dd class="mono">${dateTime(job.created_at)}</dd>
          ${job.completed_at ? html`<dt>completed</dt><dd class="mono">${dateTime(job.completed_at)}</dd>` : null}
          <dt>video</dt><dd>${[job.model, job.seconds && `${job.seconds} s`, job.size].filter(Boolean).map(visible).join(" · ")}</dd>
          <dt>token</dt><dd><${Fingerprint} owner=${job.owner} /></dd>
          <dt>progress</dt><dd class="mono">${job.progress} %</dd>
          ${job.error && html`<dt>error</dt><dd><b class="mono">${visible(job.error.code)}</b> ${visible(job.error.message)}</dd>`}
        </dl>
        <p><a href=${`#/requests?video=${job.id}`}>Requests about it</a></p>
      </section>
      ${related && html`<section class="card" aria-labelledby="remixes"><h2 id="remixes">Remixes</h2><ul class="tree"><${Tree} job=${root} jobs=${jobs} current=${job.id} /></ul></section>`}
    </div>
  </article>`;
}

export function Videos({ rest }) {
  const changed = useStore((s) => s.jobsChanged);
  const total = useStore((s) => s.jobs);
  const failures = useStore((s) => s.info?.failures) ?? [];
  const [state, setState] = useState("");
  const { value, error, reload } = useLoaded((signal) => control(`jobs?limit=${LIMIT}`, { signal }), [changed]);
  const split = useWide(1100);
  const jobs = value?.data ?? [];
  const running = jobs.some((job) => job.status === "queued" || job.status === "in_progress");
  const opened = rest[0] ?? null;

  useEffect(() => {
    if (!running) return undefined;
    const timer = setInterval(reload, LOOK_MS);
    return () => clearInterval(timer);
  }, [running]);

  useEffect(() => {
    const onKey = (event) => {
      if (event.key === "Escape" && opened) location.hash = "#/videos";
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, [opened]);

  const counts = useMemo(() => Object.fromEntries(STATES.map((one) => [one, jobs.filter((job) => job.status === one).length])), [jobs]);
  const shown = state ? jobs.filter((job) => job.status === state) : jobs;
  const list = html`<section class="list" aria-label="Videos">
    <header><div class="heading">
      <h1>Videos</h1>
      <div class="tabs" role="group" aria-label="Which videos">
        <button type="button" aria-pressed=${state === ""} onClick=${() => setState("")}>All</button>
        ${STATES.map((one) => html`<button type="button" aria-pressed=${state === one} onClick=${() => setState(one)}>${one.replace("_", " ")}${counts[one] ? html` <small>${counts[one]}</small>` : ""}</button>`)}
      </div>
      <span class="grow"></span>
      ${total > jobs.length && html`<span class="quiet">the newest ${count(jobs.length)} of ${count(total)}</span>`}
    </div></header>
    ${error && !value ? html`<${Failure} error=${error} retry=${reload} />` : null}
    ${value && !shown.length && html`<div class="empty"><h2>No video ${state ? `is ${state.replace("_", " ")}` : "yet"}</h2>${!state && html`<p>A right creation makes one.</p><p><a class="button primary" href="#/try">Create one from this page</a></p>`}</div>`}
    ${shown.length > 0 && html`<div class="cards" tabindex="0" role="region" aria-label="List of videos">${shown.map((job) => html`<${Card} key=${job.id} job=${job} current=${job.id === opened} />`)}</div>`}
  </section>`;
  if (!opened) return html`<div class="panes">${list}</div>`;
  return html`<div class=${`panes ${split ? "split" : "one"}`}>${split && list}<${Detail} key=${opened} id=${opened} jobs=${jobs} reload=${reload} failures=${failures} alone=${!split} /></div>`;
}
