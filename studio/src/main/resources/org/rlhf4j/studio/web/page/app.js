// The pages of the studio, by what stands behind the # of the address.
import { faultLine, refreshState } from "./api.js";
import { circlePage } from "./circle.js";
import { labelPage } from "./label.js";
import { projectsPage } from "./projects.js";
import { runsPage } from "./runs.js";
import { talkPage } from "./talk.js";

const PAGES = [
  { name: "projects", title: "Label", show: projectsPage },
  { name: "talk", title: "Talk", show: talkPage },
  { name: "runs", title: "Runs", show: runsPage },
  { name: "label", title: "Label", show: labelPage, within: "projects" },
  { name: "circle", title: "Reward model", show: circlePage, within: "projects" },
];

let leave = () => {};

function links(current) {
  document.getElementById("pages").replaceChildren(...PAGES.filter((page) => !page.within).map((page) =>
    make("a", { href: `#/${page.name}`, "aria-current": [current.name, current.within].includes(page.name) ? "page" : false }, page.title)));
}

function place() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...rest] = path.split("/").map(decodeURIComponent);
  return { page: PAGES.find((page) => page.name === name) || PAGES[0], rest, query: new URLSearchParams(query) };
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
    main.append(faultLine(fault));
  }
  document.documentElement.dataset.ready = page.name;
}

window.addEventListener("hashchange", show);
document.querySelector(".skip").addEventListener("click", (event) => {
  event.preventDefault();
  document.getElementById("main").focus();
});
await refreshState().catch(() => {});
await show();
