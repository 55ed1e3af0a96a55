// The parts of the page in order. They are built again when the language changes.

import { make, replace } from "./dom.js";
import { stopMotion } from "./motion.js";
import { makeNotices } from "./notices.js";
import { makeCheckerboard } from "./checkerboard.js";
import { makeControls } from "./controls.js";
import { makeEditing } from "./editing.js";
import { makeEquivalent } from "./equivalent.js";
import { makeFormula } from "./formula.js";
import { makeHeadline } from "./headline.js";
import { makeHelp } from "./help.js";
import { makePlayer } from "./player.js";
import { copyText, makeSaving } from "./saving.js";
import { makeShapeBar } from "./shapebar.js";
import { makeStage } from "./stage.js";
import { translator } from "./strings.js";
import { makeToolbar } from "./toolbar.js";
import { makeTour } from "./tour.js";
import { writeAddress } from "./address.js";

const OTHER = { en: ["zh", "中文"], zh: ["en", "English"] };

export function buildShell(app) {
  app.t = translator(app.model.get("strings"), app.state.language);
  app.root.lang = app.state.language === "zh" ? "zh-Hans" : "en";
  app.heading = make("h1");
  app.live = make("p", { class: "live", "aria-live": "polite" });
  app.stage = makeStage(app);
  app.equivalent = makeEquivalent(app);
  app.formula = makeFormula(app);
  app.toolbar = makeToolbar(app);
  app.headline = makeHeadline(app);
  app.controls = makeControls(app);
  app.shapeBar = makeShapeBar(app);
  app.checkerboard = makeCheckerboard(app);
  app.notices = makeNotices(app);
  app.player = makePlayer(app);
  app.tour = makeTour(app);
  app.helpDialog = makeHelp(app);
  replace(
    app.root,
    make("header", { class: "top" }, app.heading, actions(app)),
    app.tour.element,
    app.controls.element,
    app.toolbar.element,
    make(
      "main",
      { class: "work" },
      make(
        "div",
        { class: "left" },
        app.headline.element,
        app.notices.element,
        app.stage.element,
        app.equivalent.element,
      ),
      app.formula.element,
    ),
    make("div", { class: "bottom" }, app.player.element, app.live),
    make("div", { class: "footing" }, app.shapeBar.element, app.checkerboard.element),
    app.helpDialog,
  );
  app.on("edit", makeEditing(app));
  app.on("values", () => afterEdit(app));
  app.on("term", at => app.stage.show(...app.state.shown, at ?? undefined));
  app.on("frame", () => app.player.update());
}

function afterEdit(app) {
  stopMotion(app);
  app.equivalent.refresh();
  app.show(...app.state.shown);
  writeAddress(app);
}

function actions(app) {
  const [language, name] = OTHER[app.state.language] ?? OTHER.zh;
  app.tourButton = make(
    "button",
    { type: "button", class: "plain strong", "data-act": "tour", onclick: () => app.tour.go(0) },
    app.t("tour.begin"),
  );
  app.languageButton = make(
    "button",
    {
      type: "button",
      class: "link",
      lang: language,
      "data-act": "language",
      onclick: () => app.setLanguage(language),
    },
    name,
  );
  const share = make("button", { type: "button", class: "link", "data-act": "share", onclick: () => copyText(app, location.href) }, app.t("share.link"));
  const present = make("button", { type: "button", class: "link", "data-act": "present", onclick: () => app.present() }, app.t("present.open"));
  const help = make(
    "button",
    { type: "button", class: "link", "data-act": "help", onclick: () => app.help() },
    app.t("help.open"),
  );
  return make(
    "nav",
    { class: "actions", "aria-label": app.t("actions.label") },
    app.tourButton,
    app.whole && share,
    makeSaving(app),
    present,
    help,
    app.languageButton,
  );
}
