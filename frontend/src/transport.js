/** The three calls of the sheet protocol over HTTP, and the one error they raise. */

export const TIMEOUT = 10_000;

/** A call that did not succeed: HTTP status (0 for the network), stable code, message and fields of the server. */
export class SheetError extends Error {
  constructor(status, code, message = "", fields = {}) {
    super(message);
    this.status = status;
    this.code = code;
    this.fields = fields;
  }

  /** Whether the same call may succeed later without anybody changing anything. */
  get passing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

/** Read a cookie's value; an empty string when there is none. */
export function cookie(name, cookies = document.cookie) {
  const found = cookies.split("; ").find((pair) => pair.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : "";
}

function headers() {
  const token = cookie("_xsrf");
  const fixed = { "Content-Type": "application/json", Accept: "application/json" };
  return token ? { ...fixed, "X-XSRFToken": token } : fixed;
}

async function errorOf(response) {
  const body = await response.json().catch(() => ({}));
  const { code = `http_${response.status}`, message = "", fields = {} } = body.error ?? {};
  const seconds = Number(response.headers.get("Retry-After")) || fields.seconds;
  return new SheetError(response.status, code, message, seconds ? { ...fields, seconds } : fields);
}

async function request(url, options) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), TIMEOUT);
  try {
    const response = await fetch(url, { credentials: "same-origin", signal: stop.signal, headers: headers(), ...options });
    if (!response.ok) throw await errorOf(response);
    return await response.json();
  } catch (error) {
    if (error instanceof SheetError) throw error;
    throw new SheetError(0, error.name === "AbortError" ? "timeout" : "offline");
  } finally {
    clearTimeout(timer);
  }
}

/** Give the function `(call, body, {keepalive}) → reply` for a sheet's base URL. */
export function httpTransport(source) {
  const base = source.replace(/\/+$/, "");
  return (call, body, { keepalive = false } = {}) =>
    request(`${base}/${call}`, { method: "POST", body: JSON.stringify(body), keepalive });
}

/** Fetch a preview: `{definition, answers?}` from a URL. */
export function fetchPreview(source) {
  return request(source, { method: "GET" });
}
