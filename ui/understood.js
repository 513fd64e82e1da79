// The column of what was understood: what is done there becomes an edit, and what is drawn anew keeps its place.
(() => {
  const column = () => document.getElementById("understood");
  const tell = (id, value) => {
    const field = document.querySelector(`#${id} textarea, #${id} input`);
    if (!field) return;
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  const edit = (what) => {
    const turn = Number(document.querySelector("#fits [data-stands]")?.dataset.stands ?? -1);
    tell("edit", JSON.stringify({ turn, ...what, stamp: `${Date.now()}` }));
  };

  // A facet's control as it stands.
  const setFacet = (control) => {
    const facet = control.closest("[data-facet]").dataset.facet;
    const value = (name) => control.querySelector(`[name="${name}"]`)?.value ?? "";
    const chosen = control.querySelector('[name="choice"]')
      ? [value("choice")].filter(Boolean)
      : [...control.querySelectorAll('[name="value"]:checked'), ...control.querySelectorAll('[name="more"]')].map((box) => box.value.trim()).filter(Boolean);
    edit({ do: "facet", facet, low: value("low"), high: value("high"), values: chosen, match: value("match") || "any" });
  };

  const bringIntoView = (number) => {
    const turn = document.querySelector(`#past .turn[data-turn="${number}"]`) ?? document.querySelectorAll("#past .turn, #now .turn:not([hidden])")[number - 1];
    if (!turn) return;
    if (innerWidth < 1024) document.querySelector('[data-opens="understood"]')?.click(); // the drawer lies over it
    turn.tabIndex = -1;
    turn.focus({ preventScroll: true });
    turn.scrollIntoView({ block: "start" });
    turn.classList.add("pointed-at");
    setTimeout(() => turn.classList.remove("pointed-at"), 1600);
  };

  document.addEventListener("click", (event) => {
    const target = event.target.closest?.("#understood button");
    if (!target) return;
    const { edit: deed, at, turn, opensFacet } = target.dataset;
    if (turn) return bringIntoView(Number(turn));
    if ("showFitting" in target.dataset) return tell("said", JSON.stringify({ message: null, stamp: `${Date.now()}` }));
    if (opensFacet !== undefined) {
      const facet = [...column().querySelectorAll("details.facet")].find((each) => each.dataset.facet === opensFacet);
      if (!facet) return;
      facet.open = true;
      remember(facet, true);
      return facet.querySelector("input, select")?.focus();
    }
    if (deed === "lift") edit({ do: "lift", facet: target.closest("[data-facet]").dataset.facet });
    else if (deed) edit({ do: deed, ...(at === undefined ? {} : { at: Number(at) }) });
  });
  document.addEventListener("change", (event) => {
    const field = event.target;
    if (!field.closest?.("#understood") || !field.name) return;
    delete unsent[field.dataset.focus];
    if ("axis" in field.dataset) return tell("axes", JSON.stringify([...document.querySelectorAll("#plot [data-axis]")].map((each) => each.value)));
    if (field.name === "words") return edit({ do: "words", at: Number(field.dataset.at), text: field.value });
    const control = field.closest(".control");
    if (control) setFacet(control);
  });
  // In a drawer over the chat, what fits is shown below it.
  document.addEventListener("click", (event) => {
    if (event.target.closest?.("#understood [data-show-fitting]") && innerWidth < 1024) document.querySelector('[data-opens="understood"]')?.click();
  });

  // What is open, what is being written and where somebody stands are kept when the column is drawn anew.
  const open = new Set();
  const unsent = {};
  let standing = "";
  const remember = (details, isOpen) => (isOpen ? open.add(details.dataset.key) : open.delete(details.dataset.key));
  document.addEventListener("click", (event) => {
    const details = event.target.closest?.("#understood summary")?.parentElement;
    if (!details) return;
    remember(details, !details.open); // it opens or shuts after this
    if (details.dataset.asks && !details.open) tell("asked-scores", `${Date.now()}`);
  });
  document.addEventListener("input", (event) => {
    const field = event.target;
    if (field.closest?.("#understood") && field.type === "text" && field.dataset.focus) unsent[field.dataset.focus] = field.value;
  });
  document.addEventListener("focusin", (event) => {
    standing = event.target.closest?.("#understood") ? event.target.dataset.focus ?? "" : "";
  });
  document.addEventListener("pointerdown", (event) => {
    if (!event.target.closest?.("#understood")) standing = "";
  });
  const drawn = () => {
    const here = column();
    if (!here) return;
    const fits = document.getElementById("fits");
    if (fits && !fits.hasAttribute("role")) fits.setAttribute("role", "status");
    for (const details of here.querySelectorAll("details[data-key]")) if (!details.open && open.has(details.dataset.key)) details.open = true;
    for (const field of here.querySelectorAll('input[type="text"][data-focus]')) if (field.dataset.focus in unsent && field.value !== unsent[field.dataset.focus]) field.value = unsent[field.dataset.focus];
    if (!standing || document.activeElement !== document.body) return;
    const find = (key) => [...here.querySelectorAll("[data-focus]")].find((each) => each.dataset.focus === key && !each.disabled);
    const [deed, place] = standing.split(" ");
    const next = find(standing) ?? find(`${deed} ${Number(place) - 1}`) ?? find("undo") ?? find("show");
    next?.focus({ preventScroll: true });
  };
  new MutationObserver(drawn).observe(document, { childList: true, subtree: true });
})();
