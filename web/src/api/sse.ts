// Server-sent events out of a fetch, which can carry a token where an EventSource cannot.

export interface ServerEvent {
  id: string;
  type: string;
  data: string;
}

// Cuts text that comes in pieces into events. Only what waymark sends: one data line an event.
export class SseParser {
  private rest = '';

  take(piece: string): ServerEvent[] {
    this.rest += piece;
    const events: ServerEvent[] = [];
    for (;;) {
      const end = this.rest.indexOf('\n\n');
      if (end < 0) return events;
      const event = parse(this.rest.slice(0, end));
      this.rest = this.rest.slice(end + 2);
      if (event) events.push(event);
    }
  }
}

function parse(block: string): ServerEvent | null {
  const event: ServerEvent = { id: '', type: 'message', data: '' };
  for (const line of block.split('\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue; // a comment: the stream lives
    const value = line.slice(colon + 1).replace(/^ /, '');
    const field = line.slice(0, colon);
    if (field === 'id') event.id = value;
    if (field === 'event') event.type = value;
    if (field === 'data') event.data += value;
  }
  return event.data ? event : null;
}

// Until the stream ends, or nothing came for `silence` milliseconds: false then.
export async function read(
  stream: ReadableStream<Uint8Array>,
  silence: number,
  sink: (events: ServerEvent[]) => void,
): Promise<boolean> {
  const reader = stream.getReader();
  const decoder = new TextDecoder();
  const parser = new SseParser();
  let silent = false;
  for (;;) {
    const timer = setTimeout(() => {
      silent = true;
      void reader.cancel().catch(() => {});
    }, silence);
    try {
      const { done, value } = await reader.read();
      if (done) return !silent;
      const events = parser.take(decoder.decode(value, { stream: true }));
      if (events.length) sink(events);
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
    }
  }
}
