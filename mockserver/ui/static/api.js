// Requests to the mock: the control interface under /_mock/ and the API that it mocks.

export const CONTROL = new URL("../", document.baseURI); // …/_mock/
export const ROOT = new URL("../../", document.baseURI);

/** An answer that is not 2xx. `status` is that of the answer, 0 where there was none. */
export class ApiError extends Error {
  constructor(status, message, body = null) {
    super(message);
    this.status = status;
    this.body = body;
  }
}

export function controlUrl(path) {
  return new URL(path, CONTROL).href;
}

/** Call the control interface; gives the JSON of the answer. */
export async function control(path, { method = "GET", body, signal } = {}) {
  const init = { method, signal, headers: {} };
  if (body !== undefined) {
    init.headers["content-type"] = "application/json";
    init.body = JSON.stringify(body);
  }
  let response;
  try {
    response = await fetch(controlUrl(path), init);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ApiError(0, "The mock does not answer. Is it still running?");
  }
  const text = await response.text();
  let value = text;
  if ((response.headers.get("content-type") ?? "").includes("json")) {
    try {
      value = JSON.parse(text);
    } catch {
      value = text;
    }
  }
  if (!response.ok) throw new ApiError(response.status, value?.error?.message ?? `HTTP ${response.status}`, value);
  return value;
}
