"use strict";
/* Live updates: the server renders, this script puts in place what has changed. Without it every page
   can be read as well. */
(() => {
  const root = document.documentElement;
  const events = root.dataset.events;
  const pulse = document.getElementById("pulse");
  const announce = document.getElementById("announce");
  root.classList.add("scripted");
  if (!events || !pulse) return;

  const SLOWEST = 30000; // ms between two tries to reach a server that is away
  const SILENCE = Number(root.dataset.silence); // ms without a word after which it counts as away
  let source = null;
  let tries = 0;
  let again = 0;
  let heard = Date.now();
  let at = new Date(pulse.querySelector("time").dateTime);

  function say(state, words) {
    if (pulse.dataset.state === state) return;
    pulse.dataset.state = state;
    pulse.querySelector(".said").textContent = words;
  }

  /* Times: the same words as words.py has. */
  function ago(seconds) {
    const distance = Math.abs(seconds);
    if (distance < 45) return "just now";
    let unit = 60;
    let word = "min";
    for (const [least, each, name] of [[60, 60, "min"], [5400, 3600, "h"], [129600, 86400, "day"]]) {
      if (distance >= least) [unit, word] = [each, name];
    }
    const number = Math.max(1, Math.round(distance / unit));
    const text = `${number} ${word}${word === "day" && number > 1 ? "s" : ""}`;
    return seconds > 0 ? `${text} ago` : `in ${text}`;
  }

  function tick() {
    for (const time of document.querySelectorAll("time")) {
      const text = ago((Date.now() - new Date(time.dateTime)) / 1000);
      if (time.textContent !== text) time.textContent = text;
    }
  }

  /* Make one node's children like another's, and leave alone what is the same: focus, scrolling, what
     is selected and what is unfolded stay. */
  function morph(now, then) {
    let old = now.firstChild;
    for (const fresh of [...then.childNodes]) {
      if (old && like(old, fresh)) {
        if (old.nodeType === Node.ELEMENT_NODE) {
          attributes(old, fresh);
          morph(old, fresh);
        } else if (old.data !== fresh.data) {
          old.data = fresh.data;
        }
        old = old.nextSibling;
      } else {
        now.insertBefore(document.importNode(fresh, true), old);
      }
    }
    while (old) {
      const next = old.nextSibling;
      old.remove();
      old = next;
    }
  }

  function like(one, other) {
    return one.nodeType === other.nodeType && one.nodeName === other.nodeName && one.id === other.id;
  }

  function attributes(now, then) {
    for (const { name } of [...now.attributes]) {
      const unfolded = name === "open" && now.nodeName === "DETAILS";
      if (!then.hasAttribute(name) && !unfolded) now.removeAttribute(name);
    }
    for (const { name, value } of then.attributes) {
      if (now.getAttribute(name) !== value) now.setAttribute(name, value);
    }
  }

  function show(parts) {
    const before = document.getElementById("part_signals").textContent;
    for (const [id, html] of Object.entries(parts)) {
      const place = document.getElementById(id);
      if (!place) continue;
      const parsed = new DOMParser().parseFromString(`<!doctype html><body>${html}`, "text/html");
      const shell = place.cloneNode(false);
      shell.append(...parsed.body.childNodes);
      morph(place, shell);
    }
    const after = document.getElementById("part_signals").textContent;
    if (after !== before) announce.textContent = after;
  }

  function took(message) {
    const told = JSON.parse(message.data);
    if (told.build !== root.dataset.build || told.gone) {
      location.reload();
      return;
    }
    tries = 0;
    heard = Date.now();
    show(told.parts);
    at = new Date(told.at);
    const time = pulse.querySelector("time");
    time.dateTime = told.at;
    time.title = told.at;
    say("live", "live, looked");
    tick();
  }

  function open() {
    clearTimeout(again);
    if (source || document.hidden) return;
    heard = Date.now();
    source = new EventSource(events);
    source.onmessage = took;
    source.onerror = () => {
      say("lost", "lost the server, trying again; as of");
      if (source && source.readyState === EventSource.CLOSED) later();
    };
  }

  /* A browser does not come back by itself from an answer that is none: too many watch, or a proxy is
     there and the server behind it is not. */
  function later() {
    close();
    tries += 1;
    const pause = Math.min(SLOWEST, 2000 * 2 ** Math.min(tries, 4));
    again = setTimeout(open, pause * (0.5 + Math.random()));
  }

  function close() {
    if (source) source.close();
    source = null;
  }

  setInterval(() => {
    tick();
    if (source && Date.now() - heard > SILENCE) {
      say("lost", "lost the server, trying again; as of");
      later();
    }
  }, 5000);
  /* Who does not look need not be told; a browser has few connections to one server. */
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  window.addEventListener("pagehide", close);
  window.addEventListener("pageshow", open);
  say("still", "looked");
  tick();
  open();
})();
