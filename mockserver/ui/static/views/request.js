// One request: why it was refused and what would be right, what came, and what was answered.
import { html, useState } from "../ui.js";
import { useLoaded } from "../store.js";
import { control, controlUrl } from "../api.js";
import { Copy, Failure, Fingerprint, Icon, Json, Snippets, Status, Text } from "../parts.js";
import { bytes, dateTime, duration, visible } from "../format.js";

/** Two rectangles to one scale, what was sent on what is allowed. */
export function Rectangles({ sent, allowed }) {
  const most = Math.max(sent.width, sent.height, ...allowed.flatMap((one) => [one.width, one.height]));
  const scale = 128 / most;
  const draw = (size, kind, label) => html`<figure>
    <svg width="136" height="136" viewBox="0 0 136 136" role="img" aria-label=${`${label}: ${size.width} by ${size.height} pixels, to scale`}>
      <rect class=${kind} x=${(136 - size.width * scale) / 2} y=${(136 - size.height * scale) / 2} width=${Math.max(2, size.width * scale)} height=${Math.max(2, size.height * scale)} rx="2" />
      <text x="68" y="72" text-anchor="middle">${size.width}×${size.height}</text>
    </svg>
    <figcaption>${label}</figcaption>
  </figure>`;
  return html`<div class="rectangles">
    ${draw(sent, "sent", "sent")}
    ${allowed.slice(0, 4).map((one) => draw(one, "allowed", "allowed"))}
  </div>`;
}

function Why({ why }) {
  return html`<section class="card why" aria-labelledby="why">
    <h2 id="why">Why it was refused</h2>
    <p class="says">${visible(why.says)}</p>
    <p class="from">
      <a class="mono" href=${`#/document/${encodeURIComponent(why.rule)}`}>${why.rule}</a>
      <span class=${`tag ${why.source}`}>${why.source}</span>
      <span class="quiet">${why.from}</span>
    </p>
    ${why.field &&
    html`<div class="beside">
      <div><h3>Sent${" "}<code>${visible(why.field)}</code></h3><p class="value sent"><${Text} mono>${why.sent ?? "nothing"}<//></p></div>
      <div><h3>Allowed</h3>
        <ul class="value allowed">${why.allowed.map((one) => html`<li><${Text} mono>${one}<//></li>`)}</ul>
      </div>
    </div>`}
    ${why.picture && html`<${Rectangles} sent=${why.picture.sent} allowed=${why.picture.allowed} />`}
  </section>`;
}

function Right({ right, test }) {
  return html`<section class="card" aria-labelledby="right">
    <h2 id="right">The nearest right request</h2>
    ${right.changes.length > 0 &&
    html`<ul class="changes">${right.changes.map((one) => html`<li><code>${visible(one.field)}</code> ${visible(one.says)}</li>`)}</ul>`}
    <${Snippets} snippets=${right.snippets} label="Language" />
  </section>`;
}

function File({ id, name, file }) {
  const [failed, setFailed] = useState(false);
  const told = [
    file.type ?? file.content_type ?? "unknown type",
    file.width ? `${file.width}×${file.height}` : null,
    bytes(file.bytes),
  ].filter(Boolean);
  return html`<div class="file">
    ${file.kept && !failed
      ? html`<img src=${controlUrl(`requests/${id}/files/${encodeURIComponent(name)}`)} alt=${`the file sent as ${visible(name)}`} onError=${() => setFailed(true)} />`
      : html`<span class="nopicture" aria-hidden="true">${file.kept ? "no picture" : "not kept"}</span>`}
    <div>
      <p><${Text} mono>${file.filename ?? "(no file name)"}<//></p>
      <p class="quiet">${told.join(" · ")}</p>
      ${file.content_type && file.type && file.content_type !== file.type && html`<p class="quiet">declared as <${Text} mono>${file.content_type}<//></p>`}
    </div>
  </div>`;
}

function Fields({ id, fields }) {
  const rows = Object.entries(fields).flatMap(([name, value]) => (Array.isArray(value) ? value : [value]).map((one) => [name, one]));
  if (!rows.length) return html`<p class="quiet">No fields.</p>`;
  return html`<dl class="fields">
    ${rows.map(([name, value]) => html`<dt><${Text} mono>${name}<//></dt>
      <dd>${typeof value === "string" ? html`<${Text}>${value}<//>` : html`<${File} id=${id} name=${name} file=${value} />`}</dd>`)}
  </dl>`;
}

function Headers({ headers, title }) {
  return html`<details>
    <summary>${title} <small>${headers.length}</small></summary>
    <dl class="headers">${headers.map(([name, value]) => html`<dt><${Text} mono>${name}<//></dt><dd><${Text} mono>${value}<//></dd>`)}</dl>
  </details>`;
}

export function Request({ id, alone }) {
  const Heading = alone ? "h1" : "h2";
  const { value: it, error, reload } = useLoaded((signal) => control(`requests/${id}`, { signal }), [id]);
  const [sent, setSent] = useState(null);
  const close = html`<a class="button small close" href="#/requests" aria-label="Close" title="Close (Esc)"><${Icon} name="close" /></a>`;
  if (error && !it) return html`<article class="detail"><header><${Heading}>Request<//><span class="grow"></span>${close}</header><${Failure} error=${error} retry=${reload} /></article>`;
  if (!it) return html`<article class="detail" aria-busy="true"><header><${Heading} class="quiet">Loading …<//><span class="grow"></span>${close}</header></article>`;
  const again = async () => {
    try {
      setSent({ answer: await control(`requests/${id}/resend`, { method: "POST" }) });
    } catch (failure) {
      setSent({ failure });
    }
  };
  return html`<article class="detail" aria-label=${`${it.method} ${it.path}`}>
    <header>
      <${Status} status=${it.status} />
      <${Heading} class="mono"><b>${visible(it.method)}</b> ${visible(it.path)}${it.query ? html`<span class="quiet">?${visible(it.query)}</span>` : ""}<//>
      <span class="grow"></span>
      ${close}
    </header>
    <div class="scroll" tabindex="0" role="region" aria-label="Details">
      <div class="actions">
        <button type="button" onClick=${again} disabled=${!it.resend.possible} title=${it.resend.possible ? "The same request once more, as the same token" : it.resend.reason}>Send again</button>
        ${it.test && html`<${Copy} text=${it.test} label="Copy as test" title="A pytest test that sends this request to the fixture videos_mock" />`}
        ${it.video && html`<a class="button small" href=${`#/videos/${it.video}`}><${Icon} name="videos" />The video</a>`}
      </div>
      ${sent?.failure && html`<${Failure} error=${sent.failure} />`}
      ${sent?.answer && html`<p class="notice" role="status">Sent again: <${Status} status=${sent.answer.status} />${sent.answer.id ? html` <a href=${`#/requests/${sent.answer.id}`}>open it</a>` : ""}</p>`}
      ${it.why && html`<${Why} why=${it.why} />`}
      ${it.right && html`<${Right} right=${it.right} />`}
      <section class="card" aria-labelledby="came">
        <h2 id="came">What came</h2>
        <dl class="facts">
          <dt>at</dt><dd class="mono">${dateTime(it.at)}</dd>
          <dt>operation</dt><dd>${it.operation ?? html`<span class="quiet">none of the document's</span>`}</dd>
          <dt>token</dt><dd><${Fingerprint} owner=${it.owner} /></dd>
          ${it.scenarios.length > 0 && html`<dt>scenarios</dt><dd>${it.scenarios.join(", ")}</dd>`}
        </dl>
        <${Fields} id=${id} fields=${it.fields} />
        ${it.headers && html`<${Headers} headers=${it.headers} title="Headers" />`}
      </section>
      <section class="card" aria-labelledby="answer">
        <h2 id="answer">The answer</h2>
        <dl class="facts">
          <dt>status</dt><dd><${Status} status=${it.status} />${it.status === null ? html` <span class="quiet">none was sent</span>` : ""}</dd>
          <dt>took</dt><dd class="mono">${duration(it.duration_ms)}</dd>
          ${it.request_id && html`<dt>request id</dt><dd class="mono wrap">${it.request_id}</dd>`}
        </dl>
        ${it.answer?.body && html`<${Json} text=${it.answer.body} />`}
        ${it.answer?.note && html`<p class="quiet">${it.answer.note}</p>`}
        ${it.answer?.headers && html`<${Headers} headers=${it.answer.headers} title="Headers" />`}
      </section>
    </div>
  </article>`;
}
