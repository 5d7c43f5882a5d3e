// Small parts that several views share.
import { html, useEffect, useRef, useState } from "./ui.js";
import { statusKind, visible } from "./format.js";

const ICONS = {
  requests: "M3 5h14M3 10h14M3 15h9",
  videos: "M3 5.5A1.5 1.5 0 0 1 4.5 4h11A1.5 1.5 0 0 1 17 5.5v9a1.5 1.5 0 0 1-1.5 1.5h-11A1.5 1.5 0 0 1 3 14.5zM8.5 7.6v4.8l4-2.4z",
  try: "M17 3 9 11M17 3l-5 14-3-6-6-3z",
  scenarios: "M10 5.5V10l3 2M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14z",
  document: "M5 3h7l3 3v11H5zM8 9h4M8 12h4",
  figures: "M4 16V9M8 16V4M12 16v-5M16 16V7",
  close: "M5 5l10 10M15 5 5 15",
  back: "M12 4 6 10l6 6",
  search: "M9 14A5 5 0 1 0 9 4a5 5 0 0 0 0 10zM13 13l4 4",
  play: "M6 4v12l10-6z",
  pause: "M6 4v12M14 4v12",
  copy: "M7 7h9v9H7zM4 13V4h9",
  out: "M8 4H4v12h12v-4M11 4h5v5M16 4l-7 7",
  sun: "M10 13a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM10 2.5V4M10 16v1.5M2.5 10H4M16 10h1.5M4.7 4.7l1 1M14.3 14.3l1 1M4.7 15.3l1-1M14.3 5.7l1-1",
};

export function Icon({ name }) {
  return html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true"><path d=${ICONS[name]} /></svg>`;
}

export function Status({ status }) {
  return html`<span class=${`status ${statusKind(status)}`} title=${status === null ? "no answer was sent" : undefined}
    >${status ?? "–"}</span
  >`;
}

/** Text that came from outside. */
export function Text({ children, mono = false }) {
  return html`<span class=${mono ? "mono" : undefined}>${visible(children)}</span>`;
}

/** A sentence of the document, with what stands between backticks as code. */
export function Prose({ children }) {
  return String(children).split("`").map((part, index) => (index % 2 ? html`<code>${part}</code>` : part));
}

export function Fingerprint({ owner }) {
  if (!owner) return html`<span class="quiet">none</span>`;
  return html`<span class="mono fingerprint" title="fingerprint of the token; the token itself is kept nowhere">${owner.slice(0, 8)}</span>`;
}

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without a secure context there is no clipboard; the old way still works.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "offscreen";
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
}

export function Copy({ text, label = "Copy", title }) {
  const [done, setDone] = useState(false);
  const timer = useRef(0);
  useEffect(() => () => clearTimeout(timer.current), []);
  const act = async () => {
    await copyText(typeof text === "function" ? await text() : text);
    setDone(true);
    timer.current = setTimeout(() => setDone(false), 1500);
  };
  return html`<button type="button" class="small" title=${title} onClick=${act}>
    <${Icon} name="copy" /><span aria-live="polite">${done ? "Copied" : label}</span>
  </button>`;
}

/** Code with its language's tabs: [{name, text}]. */
export function Snippets({ snippets, label }) {
  const [chosen, setChosen] = useState(0);
  const shown = snippets[Math.min(chosen, snippets.length - 1)];
  return html`<div class="snippets">
    <div class="bar">
      <div class="tabs" role="group" aria-label=${label}>
        ${snippets.map(
          (one, index) =>
            html`<button type="button" aria-pressed=${index === chosen} onClick=${() => setChosen(index)}>${one.name}</button>`,
        )}
      </div>
      <${Copy} text=${shown.text} />
    </div>
    <pre class="code" tabindex="0">${visible(shown.text)}</pre>
  </div>`;
}

/** JSON, indented, with its keys, strings and numbers told apart. */
export function Json({ text }) {
  let pretty = text;
  try {
    pretty = JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return html`<pre class="code" tabindex="0">${visible(text)}</pre>`;
  }
  const pieces = visible(pretty).split(/("(?:[^"\\]|\\.)*"(?:\s*:)?|\b(?:true|false|null)\b|-?\b\d+(?:\.\d+)?\b)/);
  return html`<pre class="code" tabindex="0">${pieces.map((piece, index) => {
    if (index % 2 === 0) return piece;
    const kind = piece.endsWith(":") ? "key" : piece[0] === '"' ? "str" : "num";
    return html`<span class=${kind}>${piece}</span>`;
  })}</pre>`;
}

export function Failure({ error, retry }) {
  return html`<div class="notice bad" role="alert">
    <p>${visible(error.message)}</p>
    ${retry && html`<button type="button" class="small" onClick=${retry}>Try again</button>`}
  </div>`;
}

/**
 * A list of very many rows of one height; only those in sight are drawn.
 * `row(item, index)` gives the content; `height` is in pixels.
 */
export function VirtualList({ items, height, row, label, selected = -1 }) {
  const box = useRef(null);
  const [view, setView] = useState({ top: 0, size: 800 });
  useEffect(() => {
    const node = box.current;
    const look = () => setView({ top: node.scrollTop, size: node.clientHeight });
    look();
    node.addEventListener("scroll", look, { passive: true });
    const watch = new ResizeObserver(look);
    watch.observe(node);
    return () => {
      node.removeEventListener("scroll", look);
      watch.disconnect();
    };
  }, []);
  useEffect(() => {
    const node = box.current;
    if (selected < 0) return;
    const top = selected * height;
    if (top < node.scrollTop) node.scrollTop = top;
    else if (top + height > node.scrollTop + node.clientHeight) node.scrollTop = top + height - node.clientHeight;
  }, [selected, height]);
  const first = Math.max(0, Math.floor(view.top / height) - 8);
  const last = Math.min(items.length, Math.ceil((view.top + view.size) / height) + 8);
  return html`<div class="virtual" ref=${box} tabindex="0" role="region" aria-label=${label}>
    <ul style=${{ height: `${items.length * height}px` }}>
      ${items.slice(first, last).map((item, index) => {
        const place = first + index;
        return html`<li key=${item.id} style=${{ transform: `translateY(${place * height}px)`, height: `${height}px` }}>${row(item, place)}</li>`;
      })}
    </ul>
  </div>`;
}

/** Whether the viewport is at least so many pixels wide. */
export function useWide(pixels) {
  const query = `(min-width: ${pixels}px)`;
  const [wide, setWide] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const look = () => setWide(media.matches);
    media.addEventListener("change", look);
    return () => media.removeEventListener("change", look);
  }, [query]);
  return wide;
}
