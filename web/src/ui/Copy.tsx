// A line to be copied.
import { Fragment, useEffect, useRef, useState } from 'react';
import { Button } from './Button';

async function copy(text: string, shown: HTMLElement | null): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Not over plain HTTP to another machine: mark it, so that the keyboard can.
    if (shown) getSelection()?.selectAllChildren(shown);
    return false;
  }
}

const longText = 4_096; // no boxes for words of a payload

const words = (text: string) =>
  text.split(' ').map((word, i) => (
    <Fragment key={i}>
      {i > 0 && ' '}
      <span className="word">{word}</span>
    </Fragment>
  ));

export function Copy({ text, label }: { text: string; label: string }) {
  const shown = useRef<HTMLElement>(null);
  const [said, setSaid] = useState('');
  useEffect(() => {
    if (!said) return;
    const timer = setTimeout(() => setSaid(''), 2_000);
    return () => clearTimeout(timer);
  }, [said]);
  return (
    <div className="copy">
      <code ref={shown} tabIndex={0} aria-label={label}>
        {text.length > longText ? text : words(text)}
      </code>
      <Button
        kind="quiet"
        onClick={() => void copy(text, shown.current).then((done) => setSaid(done ? 'Copied' : 'Press Ctrl-C'))}
      >
        {said || 'Copy'}
      </Button>
      <span className="unseen" role="status">
        {said}
      </span>
    </div>
  );
}
