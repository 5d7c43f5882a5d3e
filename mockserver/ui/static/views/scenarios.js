// Which scenarios the next requests meet, and the clock that jobs follow.
import { html, useEffect, useState } from "../ui.js";
import { useLoaded, useStore } from "../store.js";
import { control } from "../api.js";
import { Failure, Icon, Prose } from "../parts.js";
import { dateTime, visible } from "../format.js";

const STEPS = [
  ["+1 min", 60],
  ["+10 min", 600],
  ["+1 h", 3600],
];

function span(seconds) {
  const s = Math.round(seconds);
  if (!s) return "the time of the machine";
  const parts = [[Math.floor(s / 86400), "d"], [Math.floor(s / 3600) % 24, "h"], [Math.floor(s / 60) % 60, "min"], [s % 60, "s"]];
  return `${parts.filter(([n]) => n > 0).map(([n, unit]) => `${n} ${unit}`).join(" ")} ahead of the machine`;
}

function Clock() {
  const clock = useStore((s) => s.clock);
  const [, tick] = useState(0);
  const [error, setError] = useState(null);
  useEffect(() => {
    const timer = setInterval(() => tick((n) => n + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  if (!clock) return null;
  const now = clock.frozen ? clock.now : clock.now + (Date.now() - clock.seen) / 1000;
  const move = (body) => control("clock", { method: "POST", body }).then(() => setError(null), setError);
  return html`<section class="card clock" aria-labelledby="clock">
    <h2 id="clock">Time</h2>
    <p class="now mono">${dateTime(now)} ${clock.frozen && html`<span class="tag">frozen</span>`}</p>
    <p class="quiet">${clock.frozen ? "It stands still until it is moved or let run." : span(clock.offset)}</p>
    <div class="actions">
      <button type="button" aria-pressed=${clock.frozen} onClick=${() => move({ frozen: !clock.frozen })}>${clock.frozen ? "Let it run" : "Freeze"}</button>
      ${STEPS.map(([label, seconds]) => html`<button type="button" onClick=${() => move({ advance: seconds })}>${label}</button>`)}
    </div>
    ${error && html`<${Failure} error=${error} />`}
  </section>`;
}

export function Scenarios() {
  const active = useStore((s) => s.scenarios);
  const { value, error, reload } = useLoaded((signal) => control("scenarios", { signal }), []);
  const [text, setText] = useState("");
  const [times, setTimes] = useState("1");
  const [failure, setFailure] = useState(null);
  const act = (path, init) => control(path, init).then(() => (setFailure(null), true), (one) => (setFailure(one), false));
  const add = async (event) => {
    event.preventDefault();
    if (await act("scenarios", { method: "POST", body: { scenario: text, times: Number(times) } })) setText("");
  };
  return html`<div class="page">
    <h1>Scenarios and time</h1>
    <div class="grid2">
      <section class="card" aria-labelledby="active">
        <h2 id="active">What the next requests meet</h2>
        ${active.length
          ? html`<ul class="active">${active.map((one) => html`<li>
              <code>${visible(one.scenario)}</code>
              <span class="quiet">${one.times === null ? "every request" : one.times === 1 ? "the next request" : `the next ${one.times} requests`}</span>
              <span class="grow"></span>
              <button type="button" class="small" aria-label=${`Remove ${one.scenario}`} onClick=${() => act(`scenarios?id=${encodeURIComponent(one.id)}`, { method: "DELETE" })}><${Icon} name="close" />Remove</button>
            </li>`)}</ul>
            <button type="button" class="small" onClick=${() => act("scenarios", { method: "DELETE" })}>Remove all</button>`
          : html`<p class="quiet">None. Requests are answered as the document says.</p>`}
        <form onSubmit=${add} class="addscenario">
          <label>Scenario<input type="text" class="mono" name="scenario" required maxlength="1000" placeholder="fail=moderation_blocked, at=40" value=${text} onInput=${(e) => setText(e.target.value)} /></label>
          <label>Requests<input type="number" min="1" max="1000000" required value=${times} onInput=${(e) => setTimes(e.target.value)} /></label>
          <button type="submit" class="primary">Add</button>
        </form>
        ${failure && html`<${Failure} error=${failure} />`}
      </section>
      <${Clock} />
    </div>
    <section class="card" aria-labelledby="available">
      <h2 id="available">What there is</h2>
      ${error && html`<${Failure} error=${error} retry=${reload} />`}
      <div class="tablebox" tabindex="0" role="region" aria-label="Scenarios that there are"><table>
        <thead><tr><th scope="col">name</th><th scope="col">what happens</th><th scope="col">parameters</th><td></td></tr></thead>
        <tbody>${(value?.available ?? []).map((one) => {
          const on = active.some((each) => new RegExp(`(^|[\\s,])${one.name}([\\s,=]|$)`).test(each.scenario));
          return html`<tr class=${on ? "on" : ""}>
            <th scope="row"><code>${one.name}</code>${on && html` <span class="tag good">active</span>`}</th>
            <td><${Prose}>${one.says}<//></td>
            <td class="mono quiet">${one.parameters.join(", ")}</td>
            <td><button type="button" class="small" aria-label=${`Use ${one.name}`} onClick=${() => { setText(one.name); document.querySelector("input[name=scenario]").focus(); }}>Use</button></td>
          </tr>`;
        })}</tbody>
      </table></div>
    </section>
  </div>`;
}
