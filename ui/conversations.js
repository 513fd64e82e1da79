// What the buttons of conversations, of feedback and of the choice of catalogue do: ask again where something is
// lost, then tell the page by an action.
(() => {
  const act = (action) => {
    const field = document.querySelector("#acted textarea, #acted input");
    if (!field) return;
    field.value = JSON.stringify({ ...action, stamp: Date.now() });
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const make = (name, values = {}, ...inside) => {
    const made = Object.assign(document.createElement(name), values);
    made.append(...inside);
    return made;
  };
  // A dialog of the browser's own: it holds the focus, closes by Escape, and gives the focus back.
  const asked = ({ title, words = "", label, value, danger }, done) => {
    const field = value === undefined ? null : make("input", { type: "text", value, maxLength: 60, ariaLabel: title });
    const go = make("button", { type: "submit", textContent: label, className: danger ? "danger" : "primary" });
    const keep = make("button", { type: "button", textContent: "Cancel" });
    const form = make("form", {}, make("h2", { textContent: title, id: "asked" }), ...(words ? [make("p", { textContent: words })] : []),
      ...(field ? [field] : []), make("div", {}, keep, go));
    const dialog = make("dialog", { className: "asking" }, form);
    dialog.setAttribute("aria-labelledby", "asked");
    keep.addEventListener("click", () => dialog.close());
    form.addEventListener("submit", (event) => (event.preventDefault(), dialog.close(), done(field?.value.trim())));
    dialog.addEventListener("close", () => dialog.remove());
    document.getElementById("page").append(dialog);
    dialog.showModal();
    (field || keep).focus();
    field?.select();
  };
  const tell = (words) => {
    const told = document.getElementById("told");
    const note = make("p", { className: "note", textContent: words });
    note.setAttribute("role", "status");
    told?.querySelectorAll(".made").forEach((each) => each.remove());
    note.classList.add("made");
    told?.append(note);
    setTimeout(() => note.remove(), 4000);
  };
  const copyLink = async (session) => {
    const link = `${location.origin}${location.pathname}?c=${encodeURIComponent(session)}`;
    try {
      await navigator.clipboard.writeText(link);
      tell("The link is copied. Whoever has it can read this conversation.");
    } catch {
      asked({ title: "The link", words: "Whoever has it can read this conversation.", label: "Close", value: link }, () => {});
    }
  };
  // Where the column is a drawer over the chat, it goes once the chat is what somebody wants to see.
  const leaveDrawer = () => innerWidth < 1024 && document.querySelector('[data-opens="conversations"][aria-expanded="true"]')?.click();
  const doing = (deed, row, text) => {
    const session = row?.dataset.session;
    const title = row?.querySelector(".title span")?.textContent;
    const items = session ? [session] : [];
    if (deed === "link") return copyLink(session);
    if (deed === "rename_session")
      return asked({ title: "Rename the conversation", label: "Rename", value: title }, (name) => name && act({ do: deed, items, text: name }));
    if (deed === "delete_session")
      return asked({ title: "Delete this conversation?", words: `“${title}” is deleted for good, with all that was said in it.`, label: "Delete", danger: true },
        () => act({ do: deed, items }));
    if (deed === "forget_me")
      return asked({ title: "Forget me?", words: "All your conversations, what you thought of replies and what is known of you are deleted for good.", label: "Forget me", danger: true },
        () => act({ do: deed }));
    act({ do: deed, items, text: text || "" });
    if (deed === "open_session") leaveDrawer();
  };
  const shut = (except) => document.querySelectorAll("details.menu[open]").forEach((menu) => menu !== except && (menu.open = false));
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-ask]");
    shut(button ? null : event.target.closest?.("details.menu"));
    if (event.target.closest?.("#add-catalogue")) leaveDrawer();
    if (button) doing(button.dataset.ask, button.closest("[data-session]"), button.dataset.text);
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && event.target.closest?.("details.menu[open]");
    if (!menu) return;
    event.stopPropagation(); // the column, where it is a drawer, stays open
    menu.open = false;
    menu.querySelector("summary").focus();
  }, true);
  document.addEventListener("change", (event) => {
    if (event.target.id !== "catalogue") return;
    act({ do: "use_catalog", text: event.target.value });
    leaveDrawer();
  });

  // The list is drawn anew by what its buttons do: the focus stays where it was, or goes to the search where that is gone.
  let held = null;
  document.addEventListener("focusin", ({ target }) => {
    const row = target.closest?.("#talks [data-session]");
    if (row) held = { session: row.dataset.session, part: target.closest("details") ? "summary" : ".title" };
    else if (!target.closest?.("dialog")) held = null;
  });
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.closest?.("#talks, dialog")) held = null;
  });
  new MutationObserver(() => {
    if (!held || document.activeElement !== document.body || document.querySelector("dialog[open]")) return;
    const row = document.querySelector(`#talks [data-session="${CSS.escape(held.session)}"]`);
    (row?.querySelector(held.part) || document.querySelector("#search :is(input, textarea)"))?.focus({ preventScroll: true });
  }).observe(document, { childList: true, subtree: true });

  // Thumbs: shown at once; `votes` puts them back where a part is drawn anew from what it held before.
  const votes = new Map();
  const mark = (thumbs, { value, text }) => {
    for (const thumb of thumbs.querySelectorAll(".thumb")) {
      const pressed = `${thumb.dataset.vote === value}`;
      if (thumb.getAttribute("aria-pressed") !== pressed) thumb.setAttribute("aria-pressed", pressed);
    }
    const word = thumbs.querySelector(".word");
    if (word.hidden !== (value === "0")) word.hidden = value === "0";
    const field = word.querySelector("input");
    if (text !== undefined && field.value !== text && document.activeElement !== field) field.value = text;
  };
  const vote = (thumbs, value, text) => {
    votes.set(thumbs.dataset.key, { value, text });
    mark(thumbs, { value, text });
    act({ do: "vote", items: [thumbs.dataset.turn, value], text });
    thumbs.querySelector(".kept").textContent = value === "0" ? "Taken back." : "Kept, thank you.";
  };
  document.addEventListener("click", (event) => {
    const thumb = event.target.closest?.(".thumb");
    const thumbs = thumb?.closest(".thumbs");
    if (!thumbs) return;
    const taken = thumb.getAttribute("aria-pressed") === "true";
    vote(thumbs, taken ? "0" : thumb.dataset.vote, taken ? "" : thumbs.querySelector("input").value);
  });
  document.addEventListener("submit", (event) => {
    const thumbs = event.target.closest?.(".thumbs");
    if (!thumbs) return;
    event.preventDefault();
    vote(thumbs, thumbs.querySelector("[aria-pressed=true]").dataset.vote, thumbs.querySelector("input").value);
  });
  new MutationObserver(() => {
    for (const thumbs of document.querySelectorAll(".thumbs")) {
      const known = votes.get(thumbs.dataset.key);
      if (known) mark(thumbs, known);
    }
  }).observe(document, { childList: true, subtree: true });

  // An export never lies on the server: it goes from the answer into a file of the browser.
  globalThis.chatrecDownload = (written) => {
    if (!written) return;
    const { name, type, text } = JSON.parse(written);
    const url = URL.createObjectURL(new Blob([text], { type }));
    const link = make("a", { href: url, download: name });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  };
})();
