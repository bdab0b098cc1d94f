// Requests to the studio. A change carries the token that only the studio's own page can read.
export const state = {};

export async function refreshState() {
  Object.assign(state, await get("/api/state"));
  return state;
}

async function answerOf(response) {
  const text = await response.text();
  let answer;
  try {
    answer = JSON.parse(text);
  } catch {
    answer = { error: `the studio answered ${response.status}` };
  }
  if (!response.ok) {
    throw Object.assign(new Error(answer.error || `the studio answered ${response.status}`), { status: response.status });
  }
  return answer;
}

async function reach(path, options) {
  try {
    return await fetch(path, options);
  } catch {
    throw Object.assign(new Error("the studio can't be reached; is it still running?"), { status: 0 });
  }
}

export async function get(path) {
  return answerOf(await reach(path));
}

const STALE = 419; // the studio was started again since the page was loaded

export async function post(path, body) {
  const send = async () => answerOf(await reach(path, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Studio-Token": state.token },
    body: JSON.stringify(body),
  }));
  try {
    return await send();
  } catch (fault) {
    if (fault.status !== STALE) {
      throw fault;
    }
    await refreshState();
    return send();
  }
}

// Tells those who can't see it.
export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

export function faultLine(fault) {
  return make("p", { class: "fault", role: "alert" }, fault.message);
}
