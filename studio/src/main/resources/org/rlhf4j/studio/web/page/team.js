// Who may come in, and as what.
import { announce, faultLine, get, post, state } from "./api.js";

const ROLES = ["annotator", "reviewer", "admin"];

function roles(chosen, label) {
  const select = make("select", { "aria-label": label }, ...ROLES.map((role) => make("option", { value: role }, role)));
  select.value = chosen;
  return select;
}

class Team {
  constructor(main) {
    this.told = make("div", { role: "status" });
    this.list = make("tbody", {});
    this.empty = make("p", { class: "empty" }, "There are no accounts yet: whoever works on this machine comes in. Make the first one, an admin's, in a terminal: ",
      make("code", {}, "rlhf studio user add --admin NAME"));
    this.table = make("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Accounts" }, make("table", {},
      make("thead", {}, make("tr", {}, ...["name", "number", "role", ""].map((text) => make("th", { scope: "col" }, text || make("span", { class: "unseen" }, "erase"))))),
      this.list));
    this.invitation = this.inviting();
    main.append(make("section", { id: "team", "aria-labelledby": "team-title" }, make("h2", { id: "team-title" }, "Team"),
      this.empty, this.table, this.told, this.invitation));
  }

  inviting() {
    const role = roles("annotator", "Role of who is invited");
    const place = make("div", { role: "status" });
    return make("form", { class: "form card narrow", onsubmit: async (event) => {
      event.preventDefault();
      try {
        const { secret, days } = await post("/api/invitations", { role: role.value });
        const link = `${location.origin}/#/join/${secret}`;
        const shown = make("input", { type: "text", readOnly: true, value: link, "aria-label": "Link of the invitation" });
        place.replaceChildren(make("p", {}, `Send this link. It makes one account as ${role.value}, within ${days} days.`), shown);
        shown.select();
      } catch (fault) {
        place.replaceChildren(faultLine(fault));
      }
    } }, make("h3", {}, "Invite somebody"), make("label", {}, "Role", role), make("button", { type: "submit" }, "Make a link"), place);
  }

  row(user) {
    const role = roles(user.role, `Role of ${user.name}`);
    const number = user.annotator;
    role.addEventListener("change", () => this.change(`/api/users/${number}/role`, { role: role.value }, `${user.name} is ${role.value} now.`));
    const erase = make("button", { type: "button", onclick: () => {
      const sure = make("button", { type: "button", onclick: () => this.change(`/api/users/${number}/erase`, {}, `Erased. The verdicts stay under the number ${number}.`) },
        `Erase ${user.name}: name, password, sessions`);
      erase.replaceWith(sure);
      sure.focus();
    } }, "Erase…");
    return make("tr", {}, make("th", { scope: "row" }, user.name), make("td", {}, String(number)), make("td", {}, role), make("td", {}, erase));
  }

  async change(path, body, done) {
    try {
      this.draw((await post(path, body)).users);
      this.told.replaceChildren(make("p", { class: "gain" }, done));
      announce(done);
    } catch (fault) {
      this.told.replaceChildren(faultLine(fault));
      this.draw((await get("/api/users")).users);
    }
  }

  draw(users) {
    this.list.replaceChildren(...users.map((user) => this.row(user)));
    this.empty.hidden = users.length > 0;
    this.table.hidden = this.invitation.hidden = users.length === 0;
  }
}

export async function teamPage(main) {
  const { users } = await get("/api/users");
  new Team(main).draw(users);
}
