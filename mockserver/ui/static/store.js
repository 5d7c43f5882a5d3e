// What the page knows of the mock, kept current by one stream of server-sent events.
import { useEffect, useState } from "./ui.js";
import { control, controlUrl } from "./api.js";

const MOST_ROWS = 100_000;

class Store extends EventTarget {
  state = {
    connection: "connecting", // connecting, live, lost, locked
    rows: [], // the journal, newest first; replaced, never changed
    waiting: 0, // how many came while paused
    paused: false,
    info: null, // what the mock says of itself when the stream opens
    clock: null,
    scenarios: [],
    jobs: 0,
    jobsChanged: 0, // counts the changes of jobs that were told of
  };

  #source = null;
  #held = [];
  #retry = 0;

  set(change) {
    this.state = { ...this.state, ...change };
    this.dispatchEvent(new Event("change"));
  }

  connect() {
    clearTimeout(this.#retry);
    this.#source?.close();
    const source = (this.#source = new EventSource(controlUrl("events")));
    source.addEventListener("hello", (event) => {
      const info = JSON.parse(event.data);
      this.#held = [];
      this.set({ connection: "live", info, rows: [], waiting: 0 });
    });
    source.addEventListener("requests", (event) => this.#add(JSON.parse(event.data)));
    source.addEventListener("cleared", () => {
      this.#held = [];
      this.set({ rows: [], waiting: 0 });
    });
    source.addEventListener("state", (event) => {
      const state = JSON.parse(event.data);
      this.set({
        clock: { ...state.clock, seen: Date.now() },
        scenarios: state.scenarios,
        jobs: state.jobs,
        jobsChanged: this.state.jobsChanged + 1,
      });
    });
    source.onerror = async () => {
      source.close();
      if (this.#source !== source) return;
      let connection = this.state.connection === "live" ? "connecting" : "lost";
      try {
        await control("health");
      } catch (error) {
        connection = error.status === 401 ? "locked" : "lost";
      }
      this.set({ connection });
      if (connection === "connecting") this.connect(); // the stream alone ended: the document was edited
      if (connection === "lost") this.#retry = setTimeout(() => this.connect(), 1000);
    };
  }

  #add(batch) {
    const { paused, rows } = this.state;
    if (!batch.length) return;
    if (rows.length && batch[0].id < rows[0].id) return this.set({ rows: merged(rows, batch).slice(0, MOST_ROWS) });
    if (paused) {
      this.#held = [...batch, ...this.#held].slice(0, MOST_ROWS);
      return this.set({ waiting: this.#held.length });
    }
    this.set({ rows: [...batch, ...rows].slice(0, MOST_ROWS), jobsChanged: this.state.jobsChanged + 1 });
  }

  pause(paused) {
    const held = this.#held;
    this.#held = [];
    this.set({ paused, waiting: 0, rows: [...held, ...this.state.rows] });
  }
}

/** Two lists of requests, each the newest first, as one. */
export function merged(one, other) {
  if (other[0].id < one[one.length - 1].id) return [...one, ...other];
  const all = new Map([...one, ...other].map((row) => [row.id, row]));
  return [...all.values()].sort((a, b) => b.id - a.id);
}

export const store = new Store();

/** The part of the state that `select` gives; the view is drawn again when it changes. */
export function useStore(select) {
  const [value, setValue] = useState(() => select(store.state));
  useEffect(() => {
    const look = () => setValue(() => select(store.state));
    look();
    store.addEventListener("change", look);
    return () => store.removeEventListener("change", look);
  }, []);
  return value;
}

/** What `load` gives, again whenever one of `inputs` changes: {value, error, reload}. Older answers are dropped. */
export function useLoaded(load, inputs) {
  const [state, setState] = useState({ value: undefined, error: null });
  const [turn, setTurn] = useState(0);
  useEffect(() => {
    const stop = new AbortController();
    load(stop.signal).then(
      (value) => !stop.signal.aborted && setState({ value, error: null }),
      (error) => !stop.signal.aborted && setState((before) => ({ value: before.value, error })),
    );
    return () => stop.abort();
  }, [...inputs, turn]);
  return { ...state, reload: () => setTurn((n) => n + 1) };
}
