/** A form on the screen: joins the sheet (or a preview), the model and the shell. */

import { renderSurvey } from "survey-js-ui";
import { ServerClock } from "./clock.js";
import { layoutOf } from "./dom.js";
import { ending } from "./ending.js";
import { ExamSide } from "./examside.js";
import { localeOf, localText, translator } from "./messages.js";
import { surveyLocale } from "./definition.js";
import { buildModel, splitName } from "./model.js";
import { openStorage } from "./queue.js";
import { Recorder } from "./recorder.js";
import { Refusals } from "./refusals.js";
import { Sheet, isOpen } from "./sheet.js";
import { Shell } from "./shell.js";
import { QuestionTools } from "./tools.js";
import { fetchPreview, httpTransport } from "./transport.js";

const beginsWithText = (page) => page.elements.find(({ isVisible }) => isVisible)?.getType() === "html";

export class Form {
  constructor(host, { source, save, locale, mode, context, again, heading }) {
    Object.assign(this, { host, source, save, mode, context, again, heading });
    this.locale = localeOf(locale);
    this.preview = mode === "preview" || typeof source !== "string";
    this.clock = new ServerClock();
    this.storage = openStorage();
    this.shell = new Shell(host, heading ?? !document.querySelector("h1"));
    this.state = "saved";
    this.say = (key, fields) => translator(this.locale)(key, fields);
    this.onLeave = () => this.#leave();
    this.onReturn = () => this.sheet?.tab.write(true);
    window.addEventListener("pagehide", this.onLeave);
    window.addEventListener("pageshow", this.onReturn);
    document.addEventListener("visibilitychange", (this.onVisibility = () => this.#visibility()));
  }

  async start() {
    this.shell.root.lang = this.locale;
    this.shell.loading(this.say("loading"));
    try {
      this.#show(this.preview ? await this.#openPreview() : await this.#openSheet());
    } catch (error) {
      this.#startFailed(error);
    }
  }

  setLocale(locale) {
    this.locale = localeOf(locale);
    this.shell.root.lang = this.locale;
    if (this.sheet) this.sheet.locale = this.locale;
    if (this.finished) return void this.#end(this.finished);
    if (!this.model) return;
    this.recorder.languageChanged();
    this.model.locale = surveyLocale(this.locale);
    this.#relabel();
  }

  setTheme(theme) {
    if (theme === "light" || theme === "dark") this.shell.root.dataset.theme = theme;
    else delete this.shell.root.dataset.theme;
  }

  dispose() {
    this.#release();
    this.sheet?.dispose();
    window.removeEventListener("pagehide", this.onLeave);
    window.removeEventListener("pageshow", this.onReturn);
    document.removeEventListener("visibilitychange", this.onVisibility);
    this.host.replaceChildren();
  }

  // Opening ------------------------------------------------------------------------------------------------------

  async #openPreview() {
    const { definition, answers = {} } = typeof this.source === "string" ? await fetchPreview(this.source) : this.source;
    return { kind: "preview", definition, answers, title: definition.title, status: "open" };
  }

  #openSheet() {
    const transport = this.save ?? httpTransport(this.source);
    const { storage, source, locale, context } = this;
    this.sheet = new Sheet({ transport, storage, source, locale, context, layout: layoutOf(window.innerWidth) }, {
      status: (state) => this.#status(state),
      reply: (reply) => this.#heard(reply),
      refused: (event, error) => this.refusals.add(event, error),
      halted: (kind, error) => this.#halted(kind, error),
      resynced: (reply) => this.#compare(reply),
    });
    return this.sheet.open();
  }

  #startFailed(error) {
    this.sheet?.dispose();
    this.#publish("error");
    const retry = () => (this.model || this.finished ? null : this.start());
    this.shell.failed(this.say("load_failed", { reason: this.#reason(error) }), this.say("try_again"), retry);
    if (error.status === 401) this.#signedOut();
    if (error.status === 0) window.addEventListener("online", retry, { once: true });
  }

  #show(reply) {
    this.reply = reply;
    this.shell.heading(localText(reply.title ?? reply.definition?.title, this.locale), localText(reply.definition?.description, this.locale));
    if (!isOpen(reply)) return this.#end(reply);
    this.clock.sync(reply);
    this.#build(reply);
    this.exam?.show();
    this.shell.bar.hidden = false;
    this.#render();
    this.#relabel();
    if (reply.read_only || this.mode === "display") this.#readOnly();
  }

  #build({ definition, answers, kind, page }) {
    this.model = buildModel(definition, this.locale, kind);
    this.model.data = answers ?? {};
    this.recorder = new Recorder(this.model, (event) => this.#record(event), () => this.locale);
    this.recorder.onDraft = () => this.#status(this.state);
    this.exam = kind === "exam" ? this.#examSide() : null;
    this.tools = new QuestionTools(this.model, this.say, this.exam?.flags ?? null, (text) => this.shell.status.announce(text));
    this.#openPage(page);
    this.refusals = new Refusals(this.model, this.say);
    this.model.onCompleting.add((_, options) => {
      options.allow = false;
      this.submit();
    });
    this.model.onValueChanged.add(() => this.exam?.draw());
    this.model.onCurrentPageChanging.add((_, { newCurrentPage }) => {
      // Later pages take the keyboard to their first question, unless there is a text to read before it.
      this.model.autoFocusFirstQuestion = !beginsWithText(newCurrentPage);
    });
    this.model.onCurrentPageChanged.add(() => this.#paged());
    this.model.onPageVisibleChanged.add(() => this.#progress());
  }

  #examSide() {
    const { model, clock, storage, shell, say, reply } = this;
    return new ExamSide({ model, clock, storage, shell, say, session: reply.session }, {
      over: () => this.#send(),
      ask: () => this.#heartbeat(),
      flagged: () => this.tools.refresh(),
    });
  }

  #openPage(page) {
    const wanted = this.model.pages[page];
    if (wanted?.isVisible) this.model.currentPage = wanted;
  }

  #render() {
    const place = document.createElement("div");
    this.shell.body.replaceChildren(place);
    renderSurvey(this.model, place);
    this.recorder.turn();
  }

  #progress() {
    const { currentPageNo, visiblePageCount } = this.model;
    // An exam's navigator tells more than the number of the page.
    const text = visiblePageCount > 1 && !this.exam ? this.say("page_of", { page: currentPageNo + 1, pages: visiblePageCount }) : "";
    this.shell.progress(text, visiblePageCount > 1 ? (currentPageNo + 1) / visiblePageCount : 0);
  }

  // Saving -------------------------------------------------------------------------------------------------------

  #record(event) {
    if (this.sheet && !this.finished && !this.locked) this.sheet.add(event);
  }

  #heard(reply) {
    this.clock.sync(reply);
    this.exam?.heard();
    this.shell.banners.hide("signed_out");
    this.shell.banners.hide("submit");
    if (!isOpen(reply)) this.#reopen();
  }

  #status(state) {
    if (this.finished) return;
    const unsaved = (this.sheet?.queue?.answers ?? 0) + (this.recorder?.waiting ?? 0);
    const shown = state === "saved" && unsaved ? "saving" : state;
    this.#tellConnection(this.state, shown);
    this.state = shown;
    this.shell.status.show(this.preview ? "preview" : shown, this.#statusText(shown, unsaved));
    if (this.sheet?.queue?.kept === false) this.shell.banners.show("storage", this.say("storage_full"), "warning");
    this.#publish(shown, unsaved);
  }

  #statusText(state, count) {
    if (this.preview) return this.say("preview");
    if (state === "saved" && Object.keys(this.model?.data ?? {}).length === 0) return this.say("ready");
    return this.say(state, { count, reason: "" });
  }

  #tellConnection(before, now) {
    if (now === "offline" && !this.shell.banners.shown.has("offline")) {
      this.shell.banners.show("offline", this.say("offline_notice"), "warning", [[this.say("try_again"), () => this.sheet.saver.retry()]]);
    }
    if (now !== "saved" || !this.shell.banners.shown.has("offline")) return;
    this.shell.banners.hide("offline");
    this.shell.status.announce(this.say("online_again"));
  }

  #publish(state, unsaved = 0) {
    this.host.dispatchEvent(new CustomEvent("svc-status", { detail: { state, unsaved }, bubbles: true }));
  }

  #compare({ answers }) {
    const names = new Set([...Object.keys(this.model.data), ...Object.keys(answers)]);
    const differs = (name) => JSON.stringify(this.model.data[name] ?? null) !== JSON.stringify(answers[name] ?? null);
    for (const changed of [...names].filter(differs)) {
      const { name, kind } = splitName(this.model, changed);
      this.#record({ kind, name, value: this.model.data[changed] ?? null, language: this.locale });
    }
  }

  #heartbeat() {
    if (document.visibilityState === "visible" && this.state === "saved") this.recorder.process();
  }

  // What stands in the way -----------------------------------------------------------------------------------------

  #halted(kind, error) {
    if (kind === "read_only") this.#readOnly();
    if (kind === "signed_out") this.#signedOut();
    if (kind === "closed") this.#reopen(error);
  }

  #readOnly() {
    this.#lock();
    const actions = this.sheet && this.mode !== "display" ? [[this.say("continue_here"), () => this.#continueHere()]] : [];
    this.shell.banners.show("read_only", this.say("read_only_notice"), "warning", actions);
    this.#status("read_only");
  }

  #lock() {
    this.locked = true;
    this.model.readOnly = true;
    this.tools.refresh();
  }

  #signedOut() {
    const next = encodeURIComponent(location.pathname + location.search);
    this.shell.banners.show("signed_out", this.say("signed_out"), "danger", [[this.say("sign_in"), `/login?next=${next}`]]);
  }

  async #continueHere() {
    try {
      const reply = await this.sheet.open();
      if (!isOpen(reply)) return this.#end(reply);
      this.shell.banners.hide("read_only");
      this.locked = false;
      this.model.readOnly = false;
      this.clock.sync(reply);
      this.recorder.silently(() => {
        this.model.data = reply.answers;
      });
      this.#relabel();
      if (reply.read_only) this.#readOnly();
    } catch (error) {
      this.shell.status.announce(this.#reason(error));
      this.shell.banners.show("reopen", this.say("error", { reason: this.#reason(error) }), "danger");
    }
  }

  /** The server takes no more: ask it for the state that it is in, and show that. */
  async #reopen(error) {
    this.#lock();
    const reply = await this.sheet.open().catch((failure) => ({ failure }));
    if (!reply.failure && !isOpen(reply)) return this.#end(reply);
    const text = this.#reason(error ?? reply.failure) || this.say("sheet_closed");
    this.shell.banners.show("closed", text, "danger", [[this.say("try_again"), () => this.#continueHere()]]);
    this.#status("closed");
  }

  #reason(error) {
    if (!error) return "";
    if (error.status === 0) return this.say(error.code === "timeout" ? "slow_server" : "no_connection");
    return error.message || this.say("server_trouble", { status: error.status ?? "?" });
  }

  #paged() {
    this.exam?.draw();
    this.#progress();
    this.shell.root.scrollIntoView({ block: "start" });
    if (beginsWithText(this.model.currentPage)) this.shell.body.focus({ preventScroll: true });
  }

  // Submitting ---------------------------------------------------------------------------------------------------

  /** Submit after the checks: all pages valid; in an exam, the summary confirmed. */
  async submit() {
    if (this.preview) return this.#previewDone();
    if (this.exam && !(await this.exam.review())) return;
    this.recorder.process();
    await this.#send();
  }

  async #send() {
    if (this.sending) return;
    this.sending = true;
    this.shell.root.setAttribute("aria-busy", "true");
    this.shell.status.announce(this.say("submitting"));
    try {
      this.recorder.process();
      const reply = await this.sheet.submit();
      this.#end({ kind: this.reply.kind, ...reply });
    } catch (error) {
      this.#submitFailed(error);
    } finally {
      this.sending = false;
      this.shell.root.removeAttribute("aria-busy");
    }
  }

  #submitFailed(error) {
    if (error.status === 422) return this.#refuseSubmit(error);
    if (error.code === "read_only") return this.#readOnly();
    if (error.status === 409) return this.#reopen(error);
    const text = this.say("submit_failed", { reason: this.#reason(error) });
    this.shell.banners.show("submit", text, "danger", [[this.say("try_again"), () => this.#send()]]);
    if (error.status === 401) this.#signedOut();
  }

  #refuseSubmit(error) {
    this.shell.banners.show("submit", error.message || this.say("refused_open"), "danger");
    const question = error.fields.name && this.model.getQuestionByName(splitName(this.model, error.fields.name).name);
    if (!question) return;
    question.addError(error.message);
    this.model.currentPage = question.page;
    question.focus(true);
  }

  #previewDone() {
    this.shell.banners.show("preview", this.say("preview_done"), "info", [[this.say("start_again"), () => this.#restart()]]);
  }

  #restart() {
    this.shell.banners.clear();
    this.model.clear(true, true);
    this.#relabel();
  }

  #end(reply) {
    this.finished = reply;
    this.#release();
    this.sheet?.end();
    const { kind, thank_you, definition } = this.reply;
    const told = { kind, ...reply, thank_you: reply.thank_you ?? thank_you, definition: reply.definition ?? definition };
    this.shell.end(ending(told, this.locale, this.say, this.#furtherResponse(told)));
    this.#publish(["submitted", "scored"].includes(reply.status) ? "submitted" : "closed");
  }

  /** What comes after the end: another attempt where there is one left, another response where the page offers it. */
  #furtherResponse({ kind, attempts_left: left, number }) {
    if (kind === "exam") return left > 0 && number ? () => this.#startAgain({ start: String(number + 1) }) : null;
    return this.again ? () => this.#startAgain() : null;
  }

  #startAgain(more = {}) {
    this.sheet.dispose();
    this.sheet.forget();
    Object.assign(this, { finished: null, locked: false, state: "saved", context: { ...this.context, ...more } });
    delete this.shell.root.dataset.ended;
    this.start();
  }

  // Common ---------------------------------------------------------------------------------------------------------

  #relabel() {
    const { reply, shell } = this;
    shell.heading(localText(reply.title ?? reply.definition.title, this.locale), localText(reply.definition.description, this.locale));
    this.model.completeText = reply.kind === "exam" ? this.say("review") : undefined;
    this.tools.refresh();
    this.exam?.draw();
    this.#progress();
    if (this.preview) shell.banners.show("preview", this.say("preview_notice"), "info");
    if (shell.banners.shown.has("read_only")) this.#readOnly();
    this.#status(this.state);
  }

  #leave() {
    this.recorder?.process();
    this.sheet?.leave();
  }

  #visibility() {
    if (document.visibilityState === "hidden") this.sheet?.saver?.flushOnLeave();
    else if (["offline", "unsaved"].includes(this.state)) this.sheet?.saver?.retry();
  }

  #release() {
    this.exam?.dispose();
    this.recorder?.dispose();
    this.model?.dispose();
    Object.assign(this, { model: null, recorder: null, exam: null });
  }
}
