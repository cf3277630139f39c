// A browser has at most six requests to one server under way (HTTP/1.1), whatever the number of its tabs.
// A stream is one for as long as it is open, so all tabs together hold only some; the others find a way
// for short requests.

const most = 4;

// Without it (a page that came over plain HTTP from another machine) nobody knows of the other tabs.
export const tabsKnowOfEachOther = 'locks' in navigator;

// Answers how to give it back; null: there is none. A tab that is closed gives back what it has.
export async function takeSlot(): Promise<(() => void) | null> {
  if (!tabsKnowOfEachOther) return null;
  for (let i = 0; i < most; ++i) {
    const release = await lock(`waymark-stream-${i}`);
    if (release) return release;
  }
  return null;
}

function lock(name: string): Promise<(() => void) | null> {
  return new Promise((done) => {
    navigator.locks
      .request(name, { ifAvailable: true }, (held) => {
        if (!held) return done(null);
        return new Promise<void>((over) => done(over));
      })
      .catch(() => done(null));
  });
}
