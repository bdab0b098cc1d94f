// Logging in, joining by an invitation, and one's own password.
import { faultLine, post, refreshState, state } from "./api.js";

function field(text, name, type, autocomplete) {
  return make("label", {}, text, make("input", { type, name, autocomplete, required: true, maxlength: 200 }));
}

// A form whose values are sent as an object; it stays as it is if they are refused.
function form(main, title, fields, button, send) {
  const told = make("div", { role: "status" });
  const save = make("button", { type: "submit", class: "send" }, button);
  const element = make("form", { class: "form card narrow", onsubmit: async (event) => {
    event.preventDefault();
    save.disabled = true;
    try {
      await send(Object.fromEntries(new FormData(element)), told);
    } catch (fault) {
      told.replaceChildren(faultLine(fault));
    }
    save.disabled = false;
  } }, ...fields, save, told);
  main.append(make("section", { "aria-labelledby": "form-title" }, make("h2", { id: "form-title" }, title), element));
  element.querySelector("input").focus();
  return element;
}

async function entered(hash) {
  await refreshState();
  if (location.hash === hash) {
    window.dispatchEvent(new HashChangeEvent("hashchange"));
  } else {
    location.hash = hash;
  }
}

export function loginPage(main) {
  const wanted = location.hash;
  form(main, "Log in", [field("Name", "name", "text", "username"), field("Password", "password", "password", "current-password")],
    "Log in", async (given) => {
      await post("/api/session", given);
      await entered(wanted);
    });
}

export function joinPage(main, [secret]) {
  form(main, "You are invited", [field("Name", "name", "text", "username"),
    field("Password, 10 characters or more", "password", "password", "new-password")],
  "Make my account", async (given) => {
    await post("/api/invitations/accept", { ...given, secret });
    await entered("#/projects");
  });
}

export function passwordPage(main) {
  const element = form(main, `Password of ${state.name}`, [
    field("Password until now", "password", "password", "current-password"),
    field("New password, 10 characters or more", "chosen", "password", "new-password")],
  "Change", async (given, told) => {
    await post("/api/session/password", given);
    await refreshState();
    element.reset();
    told.replaceChildren(make("p", { class: "gain" }, "Changed. All other sessions have ended."));
  });
}

export function visitorLine() {
  if (!state.name) {
    return [];
  }
  return [make("a", { href: "#/password", title: `${state.role}: change the password` }, state.name),
    make("button", { type: "button", class: "link", onclick: async () => {
      await post("/api/session/end", {});
      await entered("#/projects");
    } }, "Log out")];
}
