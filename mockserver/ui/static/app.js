// The shell: navigation, the connection, and the view that the address names.
import { html, render, useEffect, useState } from "./ui.js";
import { store, useStore } from "./store.js";
import { Icon } from "./parts.js";
import { control } from "./api.js";
import { Requests } from "./views/requests.js";
import { Videos } from "./views/videos.js";
import { Try } from "./views/try.js";
import { Scenarios } from "./views/scenarios.js";
import { Document } from "./views/document.js";
import { Figures } from "./views/figures.js";
import { Login } from "./views/login.js";

const VIEWS = [
  { name: "requests", title: "Requests", view: Requests },
  { name: "videos", title: "Videos", view: Videos },
  { name: "try", title: "Try", view: Try },
  { name: "scenarios", title: "Scenarios", view: Scenarios },
  { name: "document", title: "Document", view: Document },
  { name: "figures", title: "Figures", view: Figures },
];

/** The address after `#/`: the view's name, then what it shows, then its query. */
function readRoute() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...rest] = path.split("/");
  const view = VIEWS.find((one) => one.name === name) ?? VIEWS[0];
  return { view, rest: rest.map(decodeURIComponent), query: new URLSearchParams(query) };
}

function useRoute() {
  const [route, setRoute] = useState(readRoute);
  useEffect(() => {
    const look = () => setRoute(readRoute());
    addEventListener("hashchange", look);
    return () => removeEventListener("hashchange", look);
  }, []);
  return route;
}

const THEMES = ["system", "light", "dark"];

function useTheme() {
  const [theme, setTheme] = useState(() => {
    try {
      return localStorage.getItem("theme") ?? "system";
    } catch {
      return "system";
    }
  });
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem("theme", theme);
    } catch {
      // A browser may refuse to keep anything; the theme then lasts as long as the page.
    }
  }, [theme]);
  return [theme, () => setTheme(THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length])];
}

function Connection() {
  const connection = useStore((s) => s.connection);
  const told = { connecting: "connecting", live: "live", lost: "no connection, trying again", locked: "locked" };
  return html`<p class=${`connection ${connection}`} role="status"><span class="dot"></span>${told[connection]}</p>`;
}

function Shell() {
  const route = useRoute();
  const [theme, nextTheme] = useTheme();
  const connection = useStore((s) => s.connection);
  const info = useStore((s) => s.info);
  const scenarios = useStore((s) => s.scenarios);
  const requests = useStore((s) => s.rows.length);
  const jobs = useStore((s) => s.jobs);

  useEffect(() => {
    document.title = `${route.view.title} · mockserver`;
    document.querySelector("nav a[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
  }, [route.view]);

  useEffect(() => {
    const onKey = (event) => {
      if (event.target.closest("input, textarea, select, video") || event.metaKey || event.ctrlKey || event.altKey) return;
      const number = Number(event.key);
      if (number >= 1 && number <= VIEWS.length) location.hash = `#/${VIEWS[number - 1].name}`;
      if (event.key === "/") {
        const search = document.querySelector("input[type=search]");
        if (search) {
          event.preventDefault();
          search.focus();
        }
      }
    };
    addEventListener("keydown", onKey);
    return () => removeEventListener("keydown", onKey);
  }, []);

  if (connection === "locked") return html`<${Login} />`;
  const View = route.view.view;
  const counts = { requests, videos: jobs, scenarios: scenarios.length };
  const leave = async () => {
    await control("login", { method: "DELETE" });
    store.connect();
  };
  return html`
    <a class="skip" href="#main" onClick=${(e) => (e.preventDefault(), document.getElementById("main").focus())}>Skip to content</a>
    <nav class="side" aria-label="Views">
      <a class="brand" href="#/requests" aria-label="mockserver"><img src="icon.svg" alt="" width="22" height="22" /><b>mockserver</b></a>
      <ul>
        ${VIEWS.map(
          (one, index) => html`<li>
            <a href=${`#/${one.name}`} aria-current=${one === route.view ? "page" : undefined} title=${`${one.title} (${index + 1})`}>
              <${Icon} name=${one.name} /><span>${one.title}</span>
              ${counts[one.name] ? html`<small>${counts[one.name] > 9999 ? `${Math.floor(counts[one.name] / 1000)}k` : counts[one.name]}</small>` : null}
            </a>
          </li>`,
        )}
        <li><a href="../docs" target="_blank" rel="noopener"><${Icon} name="out" /><span>API reference</span></a></li>
      </ul>
      <div class="foot">
        <${Connection} />
        ${info && html`<p class="quiet">${info.title} ${info.version}</p>`}
        <button type="button" class="small" onClick=${nextTheme}><${Icon} name="sun" />${theme}</button>
        ${info?.login && html`<button type="button" class="small" onClick=${leave}>Log out</button>`}
      </div>
    </nav>
    <main id="main" tabindex="-1" class=${route.view.name}>
      ${connection === "lost" && html`<p class="banner" role="alert">The mock does not answer. What is shown is from before; the page goes on when it is back.</p>`}
      <${View} rest=${route.rest} query=${route.query} />
    </main>
  `;
}

store.connect();
const root = document.getElementById("app");
root.replaceChildren();
render(html`<${Shell} />`, root);
