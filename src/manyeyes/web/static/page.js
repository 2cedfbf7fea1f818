// What pages do beyond links and forms; each page works without it.

const root = document.documentElement;
const at = document.body.dataset.at;
const csrf = document.body.dataset.csrf ?? "";
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const one = (selector, within = document) => within.querySelector(selector);
const told = (name, within = document) => one(`[data-told="${name}"]`, within);
const number = (value) => Math.round(value).toLocaleString("en").replaceAll(",", "\u202f");
const many = (count, noun, several = `${noun}s`) => `${number(count)} ${count === 1 ? noun : several}`;

root.classList.add("scripted");

function put(name, text, within = document) {
  const place = told(name, within);
  if (place && place.textContent !== text) place.textContent = text;
}

function made(tag, text, attributes = {}) {
  const element = document.createElement(tag);
  if (text) element.textContent = text;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}

// Light and dark

const THEMES = ["", "light", "dark"];

document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-theme-form]")) return;
  event.preventDefault();
  const theme = THEMES[(THEMES.indexOf(root.dataset.theme ?? "") + 1) % 3];
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  one('meta[name="color-scheme"]').content = theme || "light dark";
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `manyeyes_theme=${theme}; Path=${at || "/"}; Max-Age=31536000; SameSite=Lax${secure}`;
  put("theme", { light: "Light", dark: "Dark" }[theme] ?? "Auto");
});

// Parts of a page, brought in anew

let asking;

async function bring(address, parts, options = {}) {
  const response = await fetch(address, { ...options, headers: { Accept: "text/html", ...options.headers } });
  const fresh = new DOMParser().parseFromString(await response.text(), "text/html");
  if (!parts.some((id) => fresh.getElementById(id))) {
    // Another page: an error that says what to do, or the page to sign in on.
    document.title = fresh.title;
    one("main").replaceWith(document.adoptNode(one("main", fresh)));
    one("main").focus();
    return response;
  }
  swap(fresh, parts);
  return response;
}

function swap(fresh, parts) {
  const focused = document.activeElement?.id;
  for (const id of parts) {
    const before = document.getElementById(id);
    const after = fresh.getElementById(id);
    if (before && after) before.replaceWith(document.adoptNode(after));
  }
  if (focused && document.activeElement === document.body) document.getElementById(focused)?.focus();
  wake();
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!form.dataset.swap || event.submitter?.formMethod === "get") return;
  event.preventDefault();
  const body = new URLSearchParams(new FormData(form, event.submitter));
  all("button", form).forEach((button) => (button.disabled = true));
  try {
    await bring(form.action, form.dataset.swap.split(" "), { method: "POST", body });
    // A short run may have ended by now, and then nobody tells of its end.
    if (one("#gallery") && !one('#run[data-state="running"]')) await bring(location.href, ["filters", "results", "facts", "tabs"]);
  } catch {
    all("button", form).forEach((button) => (button.disabled = false));
    say("The server cannot be reached. Nothing was changed; try again.");
  }
});

function say(text) {
  let note = one("#said");
  if (!note) {
    note = made("div", "", { id: "said", class: "note wrong", role: "alert" });
    one("main").prepend(note);
  }
  note.textContent = text;
}

// Dialogs

const plainly = (event) => !event.metaKey && !event.ctrlKey && !event.shiftKey;

function openDialog(event, opener) {
  const dialog = document.getElementById(opener.dataset.opens);
  if (!dialog?.showModal) return;
  event.preventDefault();
  dialog.showModal();
}

function bringPart(event, link) {
  if (!plainly(event)) return;
  event.preventDefault();
  link.textContent = "Looking…";
  bring(link.href, [link.dataset.brings]).catch(() => location.assign(link.href));
}

function copyFrom(event, button) {
  const field = document.getElementById(button.dataset.copies);
  field.select();
  navigator.clipboard?.writeText(field.value).then(() => (button.textContent = "Copied"));
}

// What is clicked, and what comes of it.
const CLICKED = {
  "[data-opens]": openDialog,
  "[data-brings]": bringPart,
  "[data-copies]": copyFrom,
  "[data-print]": () => print(),
};

document.addEventListener("click", (event) => {
  if (event.target.matches("dialog")) event.target.close();
  for (const [selector, act] of Object.entries(CLICKED)) {
    const clicked = event.target.closest(selector);
    if (clicked) act(event, clicked);
  }
});

// A picture whose file is gone; such events do not rise, and are met on their way down

document.addEventListener("error", ({ target }) => target.matches?.(".frame img, .mosaic img") && target.classList.add("gone"), true);

// Keys

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || one("dialog[open]")) return;
  const typing = event.target.closest("input, textarea, select, button, a, summary, [contenteditable], [tabindex='0']");
  if (typing && typing.id !== "main") return;
  const target = one(`[data-key="${CSS.escape(event.key)}"]`) ?? one(`[data-key="${CSS.escape(event.key.toLowerCase())}"]`);
  if (!target) return;
  event.preventDefault();
  target.click();
});

// Uploads

const TOGETHER = 24;
const BYTES_TOGETHER = 32e6;
const LINES = 3;

async function* filesIn(entry) {
  if (entry.isFile) {
    const file = await new Promise((done, fail) => entry.file(done, fail));
    yield { file, name: entry.fullPath.replace(/^\//, "") };
    return;
  }
  const reader = entry.createReader();
  for (;;) {
    // A reader tells a hundred entries at a time.
    const some = await new Promise((done, fail) => reader.readEntries(done, fail));
    if (!some.length) return;
    for (const inner of some) yield* filesIn(inner);
  }
}

async function dropped(transfer) {
  const entries = [...transfer.items].filter((item) => item.kind === "file").map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  const files = [];
  let folder = "";
  for (const entry of entries) {
    if (!entry) continue;
    if (entry instanceof File) files.push({ file: entry, name: entry.name });
    else {
      if (entry.isDirectory) folder ||= entry.name;
      for await (const found of filesIn(entry)) files.push(found);
    }
  }
  return { files: files.filter(({ name }) => !/(^|\/)(\.|__MACOSX\/|Thumbs\.db$)/.test(name)), folder };
}

function* bundles(files) {
  let bundle = [];
  let size = 0;
  for (const each of files) {
    if (bundle.length && (bundle.length >= TOGETHER || size + each.file.size > BYTES_TOGETHER)) {
      yield bundle;
      [bundle, size] = [[], 0];
    }
    bundle.push(each);
    size += each.file.size;
  }
  if (bundle.length) yield bundle;
}

async function asJson(response) {
  const body = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error([body.detail, body.remedy].filter(Boolean).join("; ") || `the server said ${response.status}`);
  return body;
}

const post = (address, body) =>
  fetch(address, { method: "POST", headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf }, body: JSON.stringify(body) }).then(asJson);

function send(address, bundle, moved) {
  // fetch() does not tell how far an upload is.
  return new Promise((done, fail) => {
    const request = new XMLHttpRequest();
    const body = new FormData();
    for (const { file, name } of bundle) body.append("files", file, name);
    request.open("POST", address);
    request.setRequestHeader("X-CSRF-Token", csrf);
    request.responseType = "json";
    request.upload.onprogress = (event) => moved(event.loaded);
    request.onerror = () => fail(new Error("the connection broke off; what had arrived is kept"));
    request.onload = () => {
      const answer = request.response ?? {};
      if (request.status < 300) done(answer);
      else if (request.status < 500 && answer.refused) done(answer);
      else fail(new Error([answer.detail, answer.remedy].filter(Boolean).join("; ") || `the server said ${request.status}`));
    };
    request.send(body);
  });
}

class Upload {
  constructor(form, files) {
    this.form = form;
    this.files = files;
    this.whole = files.reduce((sum, { file }) => sum + file.size, 0);
    this.done = 0;
    this.ended = 0;
    this.moving = new Map();
    this.counts = { added: 0, duplicates: 0, refused: 0 };
    this.panel = one("[data-upload-progress]", form);
    this.panel.hidden = false;
    told("refused", this.panel).replaceChildren();
    told("onward", this.panel).replaceChildren();
  }

  show() {
    const sent = this.done + [...this.moving.values()].reduce((sum, bytes) => sum + bytes, 0);
    const bar = one("progress", this.panel);
    bar.value = this.whole ? Math.min(100, (100 * sent) / this.whole) : 100;
    put("bytes", `${(Math.min(sent, this.whole) / 1e6).toFixed(1)} of ${(this.whole / 1e6).toFixed(1)} MB`, this.panel);
    put("upload", `Uploading: ${number(this.ended)} of ${many(this.files.length, "file")}`, this.panel);
  }

  take(receipt) {
    const { added = [], duplicates = [], refused = [] } = receipt;
    this.counts.added += added.length;
    this.counts.duplicates += duplicates.length;
    this.counts.refused += refused.length;
    for (const each of refused) this.tell(each.name, each.reason);
    for (const each of duplicates) this.tell(each.name, `is there already, as ${each.of ?? each.sameAs ?? each.known ?? "another"}`, "quiet");
  }

  tell(name, reason, kind = "bad") {
    const list = told("refused", this.panel);
    if (list.childElementCount >= 200) return;
    const item = made("li");
    item.append(made("bdi", name, { dir: "auto" }), made("span", reason, { class: kind }));
    list.append(item);
  }

  async carry(portfolio) {
    const address = `${at}/api/portfolios/${portfolio}/images`;
    const waiting = bundles(this.files);
    const line = async () => {
      for (const bundle of waiting) {
        const size = bundle.reduce((sum, { file }) => sum + file.size, 0);
        try {
          this.take(await send(address, bundle, (bytes) => (this.moving.set(bundle, Math.min(bytes, size)), this.show())));
        } catch (error) {
          this.counts.refused += bundle.length;
          for (const { name } of bundle) this.tell(name, error.message);
        }
        this.moving.delete(bundle);
        this.done += size;
        this.ended += bundle.length;
        this.show();
      }
    };
    this.show();
    await Promise.all(Array.from({ length: LINES }, line));
  }

  close(portfolio) {
    const { added, duplicates, refused } = this.counts;
    const parts = [`${many(added, "picture")} added`];
    if (duplicates) parts.push(`${number(duplicates)} there already`);
    if (refused) parts.push(`${number(refused)} not taken`);
    put("upload", `${parts.join(", ")}.`, this.panel);
    if (!portfolio) return;
    const page = `${at}/portfolios/${portfolio}`;
    if (!refused && !duplicates) location.assign(page);
    else told("onward", this.panel).replaceChildren(made("a", "See the portfolio", { href: page, class: "button first" }));
  }
}

const portfolioOf = (form) => /\/portfolios\/([^/?]+)\/images/.exec(form.action)?.[1];

function nameOf(files) {
  if (files.length === 1 && /\.zip$/i.test(files[0].name)) return files[0].name.replace(/\.zip$/i, "");
  const today = new Date().toLocaleDateString("en-GB", { day: "numeric", month: "long" });
  return `Pictures of ${today}`;
}

async function upload(form, files, folder, urls = []) {
  if (!files.length && !urls.length) return;
  const busy = new Upload(form, files);
  form.closest("dialog:not([open])")?.showModal();
  const keep = (event) => event.preventDefault();
  addEventListener("beforeunload", keep);
  const known = portfolioOf(form);
  let portfolio = known;
  try {
    portfolio ??= (await post(`${at}/api/portfolios`, { name: folder || nameOf(files) })).id;
    if (files.length) await busy.carry(portfolio);
    if (urls.length) {
      put("upload", `Fetching ${many(urls.length, "address", "addresses")}`, busy.panel);
      busy.take(await post(`${at}/api/portfolios/${portfolio}/images`, { urls }));
    }
    removeEventListener("beforeunload", keep);
    busy.close(known || busy.counts.added ? portfolio : null);
  } catch (error) {
    put("upload", `Not uploaded: ${error.message}`, busy.panel);
  } finally {
    removeEventListener("beforeunload", keep);
    // A new portfolio that nothing came into would only be in the way.
    if (portfolio && !known && !busy.counts.added) await withdraw(`${at}/api/portfolios/${portfolio}`);
  }
}

const withdraw = (address) => fetch(address, { method: "DELETE", headers: { "X-CSRF-Token": csrf } }).catch(() => {});

function dropForm() {
  return one("form[data-upload]");
}

document.addEventListener("click", (event) => {
  const chooser = event.target.closest("[data-choose]");
  const form = event.target.closest("form[data-upload]");
  if (chooser) {
    const input = one(chooser.dataset.choose === "folder" ? "#upload-folder" : "#upload-files", form);
    input.onchange = () => {
      const files = [...input.files].map((file) => ({ file, name: file.webkitRelativePath || file.name }));
      upload(form, files, chooser.dataset.choose === "folder" ? files[0]?.name.split("/")[0] : "");
      input.value = "";
    };
    input.click();
  }
  if (event.target.closest("[data-fetch-urls]")) {
    upload(form, [], "", one("[name=urls]", form).value.split(/\s+/).filter(Boolean));
  }
});

for (const kind of ["dragenter", "dragover"]) {
  document.addEventListener(kind, (event) => {
    if (!dropForm() || !event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    const dialog = dropForm().closest("dialog");
    if (dialog && !dialog.open) dialog.showModal();
    dropForm().classList.add("over");
  });
}
document.addEventListener("dragleave", (event) => {
  if (!event.relatedTarget) dropForm()?.classList.remove("over");
});
document.addEventListener("drop", async (event) => {
  const form = dropForm();
  if (!form || !event.dataTransfer?.types.includes("Files")) return;
  event.preventDefault();
  form.classList.remove("over");
  const { files, folder } = await dropped(event.dataTransfer);
  if (files.length) upload(form, files, folder);
  else say("There was no file in what you dropped.");
});

// The gallery

let typed;

function filterAddress(form) {
  const chosen = new URLSearchParams();
  for (const [name, value] of new FormData(form)) if (value) chosen.append(name, value);
  if (chosen.get("sort") === "name") chosen.delete("sort");
  return `${form.getAttribute("action")}${chosen.size ? `?${chosen}` : ""}`;
}

async function visit(address, parts = ["filters", "results"], remember = true) {
  asking?.abort();
  asking = new AbortController();
  const open = all("#filters details").map((each) => each.open);
  try {
    await bring(address, parts, { signal: asking.signal });
    if (remember) history.pushState({ gallery: true }, "", address);
    all("#filters details").forEach((each, place) => (each.open = open[place] ?? each.open));
  } catch (error) {
    if (error.name !== "AbortError") location.assign(address);
  }
}

document.addEventListener("change", (event) => {
  const form = event.target.form;
  if (form?.matches("[data-filters]") && event.target.name !== "q") visit(filterAddress(form));
  if (form?.matches("[data-order]")) ordered(form, event.target);
  if (event.target.matches("[data-notify]")) askToNotify(event.target);
  if (event.target.matches("[data-hex]")) one("circle", event.target.parentElement)?.setAttribute("fill", event.target.value || "none");
});
document.addEventListener("input", (event) => {
  clearTimeout(typed);
  const form = event.target.form;
  if (form?.matches("[data-order]")) typed = setTimeout(() => estimate(form), 400);
  if (event.target.id !== "q") return;
  typed = setTimeout(() => visit(filterAddress(event.target.form)), 250);
});
document.addEventListener("submit", (event) => {
  if (!event.target.matches("[data-filters]")) return;
  event.preventDefault();
  visit(filterAddress(event.target));
});
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-region], a[data-more]");
  if (!link || !plainly(event)) return;
  event.preventDefault();
  if (link.matches("[data-more]")) showMore(link);
  else visit(link.href);
});
addEventListener("popstate", () => document.getElementById("gallery") && visit(location.href, ["filters", "results"], false));

const idle = () => new Promise((done) => (window.requestIdleCallback ? requestIdleCallback(done, { timeout: 200 }) : setTimeout(done)));

async function showMore(link) {
  if (link.dataset.busy) return;
  link.dataset.busy = "yes";
  try {
    // Ahead of the pictures, which take all the connections there are.
    const response = await fetch(link.href, { headers: { Accept: "text/html" }, priority: "high" });
    if (!response.ok) throw new Error();
    const text = await response.text();
    await idle();
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const cards = document.getElementById("cards");
    const known = new Set(all(".card", cards).map((card) => card.id));
    const some = document.createDocumentFragment();
    for (const card of all("#cards > .card", fresh)) if (!known.has(card.id)) some.append(document.adoptNode(card));
    const keepFocus = document.activeElement === link ? some.querySelector("a") : null;
    cards.append(some);
    const next = one("a[data-more]", fresh);
    if (next) link.href = next.href;
    else link.parentElement.remove();
    keepFocus?.focus();
    // Whoever scrolls fast has passed it already.
    nearing.unobserve(link);
    if (next) nearing.observe(link);
  } catch {
    link.textContent = "More pictures could not be loaded; try again";
  }
  delete link.dataset.busy;
}

const nearing = new IntersectionObserver(
  (entries) => entries.forEach((entry) => entry.isIntersecting && showMore(entry.target)),
  { rootMargin: "1200px" },
);

// Cards that change while a run goes on

let freshening = false;
let stale = false;

async function freshen() {
  const gallery = one("#gallery[data-live]");
  if (!gallery || document.hidden) return;
  stale = true;
  if (freshening) return;
  freshening = true;
  while (stale) {
    stale = false;
    await freshenOnce(gallery.dataset.live).catch(() => {});
    await new Promise((done) => setTimeout(done, 1500));
  }
  freshening = false;
}

async function freshenOnce(base) {
  const chosen = new URLSearchParams(location.search);
  chosen.set("sort", "latest");
  const response = await fetch(`${base}?${chosen}`, { headers: { Accept: "text/html" } });
  const text = await response.text();
  await idle();
  const fresh = new DOMParser().parseFromString(text, "text/html");
  const cards = document.getElementById("cards");
  const byLatest = (new URLSearchParams(location.search).get("sort") ?? "name") === "latest";
  for (const card of all("#cards > .card", fresh).reverse()) {
    const before = document.getElementById(card.id);
    if (before?.isEqualNode(card)) continue;
    if (before && !byLatest) {
      if (before.dataset.status !== card.dataset.status) card.classList.add("new");
      const kept = one("img", before);
      if (kept && one("img", card)?.src === kept.src) one("img", card).replaceWith(kept);
      before.replaceWith(document.adoptNode(card));
    } else if (byLatest && cards) {
      before?.remove();
      cards.prepend(document.adoptNode(card));
    }
  }
  if (!cards && one("#cards", fresh)) swap(fresh, ["gallery"]);
  swapQuietly(fresh, ["facts", "tabs", "found"]);
}

function swapQuietly(fresh, parts) {
  for (const id of parts) {
    const [before, after] = [document.getElementById(id), fresh.getElementById(id)];
    if (before && after && before.textContent !== after.textContent && !before.contains(document.activeElement)) {
      before.replaceChildren(...after.childNodes);
    }
  }
}

// A run as it goes

const BINDS = {
  concurrency: "As many at once as are allowed",
  requests: "Waiting for the provider’s allowance of calls",
  tokens: "Waiting for the provider’s allowance of tokens",
  bytes: "Memory set aside for pictures is in use",
  "cool-down": "The provider asked for a pause",
  upload: "Sending as fast as the line may be used",
  down: "The provider does not answer; waiting for it",
  "first word": "Waiting for the provider’s first word",
  preparation: "Pictures are being read and shrunk",
  "nothing left": "The last ones are on their way",
};

function span(seconds) {
  if (seconds < 55) return many(Math.max(seconds < 10 ? Math.round(seconds) : 5 * Math.round(seconds / 5), 1), "second");
  const minutes = seconds / 60;
  if (minutes < 55) return many(Math.max(Math.round(minutes), 1), "minute");
  const hours = Math.round(minutes / 30) / 2;
  return `${String(hours).replace("0.5", "½").replace(".5", "½")} ${hours === 1 ? "hour" : "hours"}`;
}

function interval(low, high) {
  if (low == null || high == null) return "How long it will take cannot be told yet";
  const [shortest, longest] = [span(low), span(high)];
  if (shortest === longest) return `About ${longest} left`;
  const [count, unit] = shortest.split(" ");
  const same = unit.replace(/s$/, "") === longest.split(" ")[1].replace(/s$/, "");
  return `Between ${same ? count : shortest} and ${longest} left`;
}

const share = (value) => (value == null ? "–" : `${Math.round(100 * value)}\u202f%`);
const NOW = {
  callsPerSecond: (vitals) => `${(vitals.callsPerSecond ?? 0).toFixed(1)} a second`,
  errorRate: (vitals) => share(vitals.errorRate),
  inFlight: (vitals) => `${number(vitals.inFlight ?? 0)} of ${number(vitals.limit ?? 0)}`,
  responseSeconds: (vitals) => (vitals.responseSecondsP50 == null ? "–" : `${vitals.responseSecondsP50.toFixed(1)} s`),
};

let source;
let watched;
let logged;
let latest;
let drawing = 0;
let spokenAt = 0;

function watch(panel) {
  if (watched === panel.dataset.run && source && source.readyState !== EventSource.CLOSED) return;
  source?.close();
  [watched, logged] = [panel.dataset.run, undefined];
  source = new EventSource(`${at}/api/runs/${watched}/events`);
  source.addEventListener("progress", (event) => render(JSON.parse(event.data)));
  source.addEventListener("ended", (event) => ended(event));
}

function render(frame) {
  const panel = one(`#run[data-run="${CSS.escape(watched)}"]`);
  const { current, total } = frame;
  latest = frame.message;
  if (current !== logged && current > 0) {
    log(current, total);
    freshen();
  }
  if (!panel) return;
  put("message", frame.paused ? `Paused. ${frame.message}` : frame.message, panel);
  const bar = told("bar", panel);
  if (bar && total) [bar.max, bar.value] = [total, current];
  put("left", frame.paused ? "It goes on when you say so" : interval(frame.etaLowSeconds, frame.etaHighSeconds), panel);
  put("binds", BINDS[frame.bindingGate] ?? "", panel);
  for (const name of ["analyzed", "failed", "reused"]) put(name, number(frame[name]), panel);
  pausing(panel, frame.paused);
  if (frame.vitals) vital(panel, frame.vitals);
  speak(panel, frame);
  title(frame);
}

function log(current, total) {
  // Frames tell the newest; what came between two of them is a step as well.
  for (let step = Math.max(logged ?? current - 1, current - 200) + 1; step <= current; step += 1) {
    const percentage = total == null ? null : total ? Math.floor((200 * step + total) / (2 * total)) : 100;
    console.log("Analysis progress:", { current: step, total, percentage });
  }
  logged = current;
}

function pausing(panel, paused) {
  const form = one("[data-pausing]", panel);
  if (!form) return;
  form.action = `${at}/runs/${watched}/${paused ? "resume" : "pause"}`;
  put("pause", paused ? "Go on" : "Pause", form);
}

function speak(panel, frame) {
  // A screen reader that hears every picture hears nothing else.
  const now = Date.now();
  if (now - spokenAt < 15_000) return;
  spokenAt = now;
  put("spoken", `${frame.message} ${interval(frame.etaLowSeconds, frame.etaHighSeconds)}`, panel);
}

const titled = document.title;
function title({ percentage }) {
  document.title = percentage == null ? titled : `${percentage} % · ${titled}`;
}

function vital(panel, vitals) {
  put("inFlight", number(vitals.inFlight ?? 0), panel);
  const flights = told("flights", panel);
  if (flights?.closest("details").open) {
    flights.replaceChildren(
      ...(vitals.flights ?? []).map(({ name, seconds }) => {
        const item = made("li");
        item.append(made("bdi", name, { dir: "auto" }), ` ${Math.round(seconds)} s`);
        return item;
      }),
    );
  }
  for (const figure of all("[data-line]", panel)) {
    one("[data-now]", figure).textContent = NOW[figure.dataset.line](vitals);
  }
  if (Date.now() - drawing > 2000) chart(panel, vitals.series);
}

async function chart(panel, series) {
  drawing = Date.now();
  if (!series) {
    // Frames that come many times a second leave it out.
    const response = await fetch(`${at}/api/runs/${watched}`).catch(() => null);
    series = response?.ok ? (await response.json()).vitals?.series : null;
  }
  if (!series) return;
  for (const figure of all("[data-line]", panel)) draw(figure, series);
  tabulate(panel, series);
}

function points(values, times, most) {
  const last = times.at(-1) || 1;
  return values
    .map((value, place) => (value == null ? null : `${((100 * times[place]) / last).toFixed(1)},${(29 - (27 * value) / most).toFixed(1)}`))
    .filter(Boolean)
    .join(" ");
}

function draw(figure, series) {
  const values = series[figure.dataset.line] ?? [];
  const second = figure.dataset.line === "inFlight" ? series.limit : [];
  const most = figure.dataset.line === "errorRate" ? 1 : Math.max(...values.filter((value) => value != null), ...second, 1e-9);
  const [limit, line] = [one("polyline.limit", figure), one("polyline:not(.limit)", figure)];
  line?.setAttribute("points", points(values, series.elapsedSeconds, most));
  limit?.setAttribute("points", points(second, series.elapsedSeconds, most));
}

function tabulate(panel, series) {
  const table = one("[data-series-table]", panel);
  if (!table?.open) return;
  const step = Math.ceil(series.elapsedSeconds.length / 24);
  const rows = [];
  for (let place = series.elapsedSeconds.length - 1; place >= 0; place -= step) {
    const row = made("tr");
    const cells = [
      series.elapsedSeconds[place].toFixed(1),
      series.callsPerSecond[place].toFixed(2),
      share(series.errorRate[place]),
      series.inFlight[place],
      series.limit[place],
      series.responseSeconds[place]?.toFixed(2) ?? "–",
    ];
    row.append(...cells.map((cell) => made("td", String(cell))));
    rows.push(row);
  }
  one("tbody", table).replaceChildren(...rows);
}

async function ended(event) {
  source.close();
  document.title = titled;
  const { message, state, current, total } = JSON.parse(event.data || "{}");
  if (current > (logged ?? 0)) log(current, total);
  notify(message ?? latest ?? `The run has ended: ${state}.`);
  const onRun = /\/runs\/[^/]+$/.test(location.pathname);
  await bring(location.href, onRun ? ["run"] : ["run", "tabs", "facts", "filters"]);
  if (onRun) location.reload();
  else freshen();
}

// A word when it ends

let notifies = false;

async function askToNotify(box) {
  notifies = box.checked && (await window.Notification?.requestPermission()) === "granted";
  if (box.checked && !notifies) {
    box.checked = false;
    say("This browser does not let the page notify you. Allow notifications for it in the browser’s settings, then tick the box again.");
  }
}

function notify(text) {
  if (notifies && document.hidden) new Notification("manyeyes", { body: text, tag: watched });
}

// What a run will take

let estimating;

function ordered(form, changed) {
  const model = changed.selectedOptions?.[0].dataset.model;
  if (model !== undefined) one("[name=model]", form).placeholder = model || "its own";
  estimate(form);
}

async function estimate(form) {
  estimating?.abort();
  estimating = new AbortController();
  const place = one("#estimate", form);
  try {
    const address = new URL(form.dataset.order, location.href);
    for (const [name, value] of new FormData(form)) if (value && !["csrf", "once"].includes(name)) address.searchParams.set(name, value);
    const response = await fetch(address, { signal: estimating.signal, headers: { Accept: "text/plain" } });
    place.textContent = response.ok ? await response.text() : "";
  } catch (error) {
    if (error.name !== "AbortError") place.textContent = "";
  }
}

// What is on the page now

function wake() {
  const panel = one('#run[data-state="running"]');
  if (panel) watch(panel);
  all("a[data-more]").forEach((link) => nearing.observe(link));
  all("form[data-order]").forEach((form) => {
    if (form.dataset.estimated) return;
    form.dataset.estimated = "yes";
    if (form.closest("details:not([open])")) form.closest("details").addEventListener("toggle", () => estimate(form), { once: true });
    else estimate(form);
  });
  const words = one("#words[data-writing]:not([data-woken])");
  if (words) {
    words.dataset.woken = "yes";
    setTimeout(() => bring(location.href, ["words"]).catch(() => (delete words.dataset.woken, wake())), 1500);
  }
  // Without this module they stay open: on a wide window nobody could open them.
  const filters = one("[data-wide-open]:not([data-woken])");
  if (filters) {
    filters.dataset.woken = "yes";
    filters.open = matchMedia("(width >= 62rem)").matches;
  }
}

// On a phone, the tab one is on may be beyond the edge.
const tab = one(".tabs [aria-current]");
if (tab) tab.parentElement.scrollLeft = tab.offsetLeft - 24;

document.addEventListener("visibilitychange", () => !document.hidden && stale && freshen());
wake();
