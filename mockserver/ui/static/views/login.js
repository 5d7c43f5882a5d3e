// The form that asks for the control token. The token is sent once and kept nowhere in the page.
import { html, useState } from "../ui.js";
import { control } from "../api.js";
import { store } from "../store.js";
import { Failure } from "../parts.js";

export function Login() {
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event) => {
    event.preventDefault();
    const field = event.target.elements.token;
    setBusy(true);
    setError(null);
    try {
      await control("login", { method: "POST", body: { token: field.value } });
      store.connect();
    } catch (failure) {
      setError(failure);
      field.select();
    } finally {
      field.value = "";
      setBusy(false);
    }
  };
  return html`<main class="login" id="main">
    <form onSubmit=${submit}>
      <img src="icon.svg" alt="" width="40" height="40" />
      <h1>mockserver</h1>
      <p class="quiet">This mock was started with a control token. Enter it to see its requests.</p>
      <label>Control token<input name="token" type="password" autocomplete="current-password" required /></label>
      ${error && html`<${Failure} error=${error} />`}
      <button type="submit" class="primary" disabled=${busy}>Open</button>
    </form>
  </main>`;
}
