// A form made from the document. It sends a real request, as any client would, and shows the answer.
import { html, useEffect, useMemo, useRef, useState } from "../ui.js";
import { useLoaded, useStore } from "../store.js";
import { ROOT } from "../api.js";
import { bodyOf, fieldOf, loadDocument, operationsOf } from "../openapi.js";
import { Copy, Failure, Json, Prose, Status } from "../parts.js";
import { bytes, duration, visible } from "../format.js";

/** A picture of so many pixels: a sky over a horizon, so that the zoom of the video can be seen. */
function paint(width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d");
  const sky = pen.createLinearGradient(0, 0, 0, height);
  sky.addColorStop(0, "#26306b");
  sky.addColorStop(0.6, "#c9718a");
  sky.addColorStop(1, "#f6c58c");
  pen.fillStyle = sky;
  pen.fillRect(0, 0, width, height);
  pen.fillStyle = "#fff3d6";
  pen.beginPath();
  pen.arc(width * 0.66, height * 0.55, Math.min(width, height) * 0.08, 0, 7);
  pen.fill();
  pen.fillStyle = "#1c2340";
  pen.beginPath();
  pen.moveTo(0, height * 0.82);
  pen.quadraticCurveTo(width * 0.3, height * 0.66, width * 0.55, height * 0.8);
  pen.quadraticCurveTo(width * 0.8, height * 0.9, width, height * 0.74);
  pen.lineTo(width, height);
  pen.lineTo(0, height);
  pen.fill();
  // At once, while toBlob waits until the browser has nothing else to do.
  const bytes = Uint8Array.from(atob(canvas.toDataURL("image/png").split(",")[1]), (c) => c.charCodeAt(0));
  return new File([bytes], `picture-${width}x${height}.png`, { type: "image/png" });
}

const dimensions = (text) => /^\d{1,5}x\d{1,5}$/.test(text ?? "") && text.split("x").map(Number);

function FileField({ field, values, set }) {
  const input = useRef(null);
  const [over, setOver] = useState(false);
  const [preview, setPreview] = useState(null);
  const file = values[field.name];
  const wanted = field.matches ? dimensions(values[field.matches]) : null;

  useEffect(() => {
    if (!(file instanceof File) || !file.type.startsWith("image/")) return setPreview(null);
    const url = URL.createObjectURL(file);
    const image = new Image();
    image.onload = () => setPreview({ url, width: image.naturalWidth, height: image.naturalHeight });
    image.onerror = () => setPreview(null);
    image.src = url;
    return () => URL.revokeObjectURL(url);
  }, [file]);

  const drop = (event) => {
    event.preventDefault();
    setOver(false);
    if (event.dataTransfer.files[0]) set(field.name, event.dataTransfer.files[0]);
  };
  const fits = preview && wanted ? preview.width === wanted[0] && preview.height === wanted[1] : null;
  return html`<div class=${`drop ${over ? "over" : ""}`} onDragOver=${(e) => (e.preventDefault(), setOver(true))} onDragLeave=${() => setOver(false)} onDrop=${drop}>
    <input ref=${input} id=${`f-${field.name}`} type="file" class="offscreen" tabindex="-1" accept=${field.types.join(",")} onChange=${(e) => e.target.files[0] && set(field.name, e.target.files[0])} />
    ${preview ? html`<img src=${preview.url} alt="preview of the chosen file" />` : html`<span class="nopreview"></span>`}
    <div>
      ${file
        ? html`<p class="chosen"><span class="mono">${visible(file.name)}</span> <span class="quiet">${bytes(file.size)}${preview ? ` · ${preview.width}×${preview.height}` : ""}</span>
            ${fits === false && html` <span class="tag bad">not ${wanted.join("×")}</span>`}</p>`
        : html`<p class="quiet chosen">Drop a file here</p>`}
      <p class="buttons">
        <button type="button" class="small" onClick=${() => input.current.click()}>Choose a file</button>
        ${wanted && html`<button type="button" class="small" onClick=${() => set(field.name, paint(...wanted))}>Use a picture of ${wanted.join("×")}</button>`}
        ${file && html`<button type="button" class="small" onClick=${() => set(field.name, null)}>Leave out</button>`}
      </p>
    </div>
  </div>`;
}

function Field({ field, values, set }) {
  const id = `f-${field.name}`;
  const value = values[field.name] ?? "";
  const onInput = (e) => set(field.name, e.target.value);
  let input;
  if (field.isFile) input = html`<${FileField} field=${field} values=${values} set=${set} />`;
  else if (field.enum) {
    input = html`<select id=${id} value=${value} onChange=${onInput}>
      <option value="">${field.default === null ? "leave out" : `leave out (${field.default})`}</option>
      ${field.enum.map((one) => html`<option value=${one}>${one}</option>`)}
    </select>`;
  } else if (field.maxLength > 200) input = html`<textarea id=${id} rows="3" value=${value} onInput=${onInput}></textarea>`;
  else input = html`<input id=${id} type="text" value=${value} onInput=${onInput} placeholder=${field.default === null ? "" : `left out: ${field.default}`} />`;
  return html`<div class="field">
    <label for=${id}><code>${field.name}</code>${field.required ? html` <span class="needed">required</span>` : ""}</label>
    ${input}
    ${field.description && html`<p class="hint"><${Prose}>${field.description}<//></p>`}
  </div>`;
}

function initial(fields) {
  return Object.fromEntries(fields.map((one) => [one.name, one.isFile ? null : (one.default ?? (one.required ? one.example : "") ?? "")]));
}

async function readAnswer(response, started) {
  const type = response.headers.get("content-type") ?? "";
  const blob = await response.blob();
  const isText = type.includes("json") || type.startsWith("text/");
  return {
    status: response.status,
    took: performance.now() - started,
    headers: [...response.headers],
    text: isText ? await blob.text() : null,
    media: isText ? null : { type, size: blob.size, url: URL.createObjectURL(blob) },
  };
}

function Media({ media }) {
  if (media.type.startsWith("image/")) return html`<img class="sheet" src=${media.url} alt="the file that was answered" />`;
  return html`<p>${media.type || "no type"}, ${bytes(media.size)}</p>`;
}

export function Try({ query }) {
  const info = useStore((s) => s.info);
  const { value: document, error, reload } = useLoaded(() => loadDocument(info?.document), [info?.document]);
  const operations = useMemo(() => (document ? operationsOf(document) : []), [document]);
  const [chosen, setChosen] = useState(query.get("operation") ?? "");
  const operation = operations.find((one) => one.id === chosen) ?? operations[0];
  const body = useMemo(() => (operation ? bodyOf(document, operation) : null), [operation]);
  const parameters = useMemo(
    () => (operation ? operation.parameters.filter((one) => one.in !== "header").map((one) => ({ ...fieldOf(document, one.name, one.schema ?? {}, one.required, null), description: one.description ?? "", in: one.in })) : []),
    [operation],
  );
  const fields = useMemo(() => [...parameters, ...(body?.fields ?? [])], [parameters, body]);
  const [values, setValues] = useState({});
  const [token, setToken] = useState(null);
  const [answer, setAnswer] = useState(null);
  const [failure, setFailure] = useState(null);
  const [busy, setBusy] = useState(false);
  const set = (name, value) => setValues((before) => ({ ...before, [name]: value }));

  useEffect(() => {
    const asked = [...query].filter(([name]) => fields.some((one) => one.name === name));
    const values = { ...initial(fields), ...Object.fromEntries(asked) };
    const picture = fields.find((one) => one.isFile && one.matches);
    const size = picture && dimensions(values[picture.matches]);
    setValues(size ? { ...values, [picture.name]: paint(...size) } : values);
    setAnswer(null);
    setFailure(null);
  }, [fields]);

  useEffect(() => () => answer?.media && URL.revokeObjectURL(answer.media.url), [answer]);

  if (error && !document) return html`<div class="page"><${Failure} error=${error} retry=${reload} /></div>`;
  if (!operation) return html`<div class="page" aria-busy="true"></div>`;
  const sent = token ?? (info?.any_token ? "test-token" : "");

  const send = async (event) => {
    event.preventDefault();
    setBusy(true);
    setFailure(null);
    const path = operation.path.replace(/\{([^}]+)\}/g, (_, name) => encodeURIComponent(values[name] ?? ""));
    const url = new URL(path.replace(/^\//, ""), ROOT);
    for (const one of parameters) if (one.in === "query" && values[one.name]) url.searchParams.append(one.name, values[one.name]);
    const init = { method: operation.method, headers: {} };
    if (sent) init.headers.authorization = `Bearer ${sent}`;
    if (body?.type === "multipart/form-data") {
      init.body = new FormData();
      for (const one of body.fields) {
        const value = values[one.name];
        if (value instanceof File || (value !== "" && value !== null && value !== undefined)) init.body.append(one.name, value);
      }
    } else if (body) {
      init.headers["content-type"] = body.type;
      init.body = JSON.stringify(Object.fromEntries(body.fields.filter((one) => values[one.name]).map((one) => [one.name, values[one.name]])));
    }
    const started = performance.now();
    try {
      setAnswer(await readAnswer(await fetch(url, init), started));
    } catch (one) {
      setAnswer(null);
      setFailure({ message: `No answer: ${one.message}` });
    } finally {
      setBusy(false);
    }
  };

  const json = answer?.text ? (() => { try { return JSON.parse(answer.text); } catch { return null; } })() : null;
  const requestId = answer?.headers.find(([name]) => name === "x-request-id")?.[1];
  return html`<div class="page columns">
    <form onSubmit=${send} class="tryform">
      <h1>Try</h1>
      <div class="field"><label for="operation">Operation</label>
        <select id="operation" value=${operation.id} onChange=${(e) => setChosen(e.target.value)}>
          ${operations.map((one) => html`<option value=${one.id} selected=${one.id === operation.id}>${one.method} ${one.path}</option>`)}
        </select>
        <p class="hint">${operation.summary}</p>
      </div>
      <div class="field"><label for="token">Bearer token</label>
        <input id="token" type=${info?.any_token ? "text" : "password"} autocomplete="off" value=${sent} onInput=${(e) => setToken(e.target.value)} />
        <p class="hint">${info?.any_token ? "This mock takes any." : "One of those that the mock was started with."} It is kept nowhere.</p>
      </div>
      ${fields.map((field) => html`<${Field} key=${`${operation.id} ${field.name}`} field=${field} values=${values} set=${set} />`)}
      <button type="submit" class="primary" disabled=${busy}>${busy ? "Sending …" : `Send ${operation.method} ${operation.path}`}</button>
    </form>
    <section class="tryanswer" aria-label="Answer" aria-live="polite">
      <h2>Answer</h2>
      ${failure && html`<${Failure} error=${failure} />`}
      ${!answer && !failure && html`<p class="quiet">What the mock answers shows here, and in the list of requests.</p>`}
      ${answer &&
      html`<p class="line"><${Status} status=${answer.status} /> <span class="quiet mono">${duration(answer.took)}</span>
          ${json?.object === "video" && html` <a href=${`#/videos/${json.id}`}>open the video</a>`}
          ${requestId && html` <a href=${`#/requests?video=${requestId}`}>find the request</a>`}
        </p>
        ${answer.text !== null ? html`<${Json} text=${answer.text} />` : html`<${Media} media=${answer.media} />`}
        <details><summary>Headers <small>${answer.headers.length}</small></summary>
          <dl class="headers">${answer.headers.map(([name, value]) => html`<dt class="mono">${name}</dt><dd class="mono">${visible(value)}</dd>`)}</dl>
        </details>
        ${answer.text && html`<${Copy} text=${answer.text} label="Copy the body" />`}`}
    </section>
  </div>`;
}
