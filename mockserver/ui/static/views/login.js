// The form that asks for the control token. The token is sent once and kept nowhere in the page.
import { html, useEffect, useRef, useState } from "../ui.js";
import { control } from "../api.js";
import { store } from "../store.js";
import { Failure } from "../parts.js";

export function Login() {
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const field = useRef(null);
  useEffect(() => field.current.focus(), []);
  const submit = async (event) => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      await control("login", { method: "POST", body: { token: field.current.value } });
      store.connect();
    } catch (failure) {
      setError(failure);
      field.current.focus();
    } finally {
      if (field.current) field.current.value = "";
      setBusy(false);
    }
  };
  return html`<main class="login" id="main">
    <form onSubmit=${submit}>
      <img src="icon.svg" alt="" width="40" height="40" />
      <h1>mockserver</h1>
      <p class="quiet">This mock was started with a control token. Enter it to see its requests.</p>
      <label>Control token<input ref=${field} name="token" type="password" autocomplete="current-password" required /></label>
      ${error && html`<${Failure} error=${error} />`}
      <button type="submit" class="primary" disabled=${busy}>Open</button>
    </form>
  </main>`;
}
