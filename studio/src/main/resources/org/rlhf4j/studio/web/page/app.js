// The pages of the studio, by what stands behind the # of the address.
import { joinPage, loginPage, passwordPage, visitorLine } from "./account.js";
import { faultLine, refreshState, state } from "./api.js";
import { circlePage } from "./circle.js";
import { labelPage } from "./label.js";
import { projectsPage } from "./projects.js";
import { reviewPage } from "./review.js";
import { runsPage } from "./runs.js";
import { talkPage } from "./talk.js";
import { teamPage } from "./team.js";

// Pages with a role are for those who have it or one above.
const ROLES = ["annotator", "reviewer", "admin"];
const PAGES = [
  { name: "projects", title: "Label", show: projectsPage },
  { name: "talk", title: "Talk", show: talkPage },
  { name: "runs", title: "Runs", show: runsPage, role: "reviewer" },
  { name: "team", title: "Team", show: teamPage, role: "admin" },
  { name: "label", title: "Label", show: labelPage, within: "projects" },
  { name: "circle", title: "Reward model", show: circlePage, within: "projects", role: "reviewer" },
  { name: "review", title: "Review", show: reviewPage, within: "projects", role: "reviewer" },
  { name: "password", title: "Password", show: passwordPage, within: "team" },
];
const LOGIN = { name: "login", title: "Log in", show: loginPage };
const JOIN = { name: "join", title: "Invitation", show: joinPage };

const LOGGED_OUT = 401;

let leave = () => {};

function isStranger() {
  return state.token && !state.role;
}

function isFor(page) {
  const there = page.name !== "talk" || Boolean(state.model) || state.role === "admin";
  return there && ROLES.indexOf(state.role) >= ROLES.indexOf(page.role || "annotator");
}

function links(current) {
  document.getElementById("pages").replaceChildren(...PAGES.filter((page) => !page.within && isFor(page)).map((page) =>
    make("a", { href: `#/${page.name}`, "aria-current": [current.name, current.within].includes(page.name) ? "page" : false }, page.title)),
  ...visitorLine());
}

function pageOf(name) {
  if (name === JOIN.name) {
    return JOIN;
  }
  return isStranger() ? LOGIN : PAGES.find((page) => page.name === name && isFor(page)) || PAGES[0];
}

function place() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...rest] = path.split("/").map(decodeURIComponent);
  return { page: pageOf(name), rest, query: new URLSearchParams(query) };
}

async function show() {
  if (location.hash === "#main") {
    return; // the skip link
  }
  leave();
  leave = () => {};
  const { page, rest, query } = place();
  const main = document.getElementById("main");
  links(page);
  document.title = `${page.title} · rlhf studio`;
  main.replaceChildren();
  try {
    leave = (await page.show(main, rest, query)) || (() => {});
  } catch (fault) {
    if (fault.status === LOGGED_OUT && state.role) {
      await refreshState();
      return show();
    }
    main.append(faultLine(fault));
  }
  document.documentElement.dataset.ready = page.name;
  return undefined;
}

window.addEventListener("hashchange", show);
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("main").focus();
});
await refreshState().catch(() => {});
await show();
