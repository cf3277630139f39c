// A page turns when the one before is there: a button that waits for it keeps the focus.
import { Button } from './Button';

interface Props {
  page: number; // from 0
  shown: string;
  more: boolean;
  onPrevious: () => void;
  onNext: () => void;
}

export function Pager({ page, shown, more, onPrevious, onNext }: Props) {
  return (
    <nav className="pager" aria-label="Pages">
      <span role="status">{shown}</span>
      <Button disabled={page === 0} onClick={onPrevious}>
        Previous
      </Button>
      <span className="faint">Page {page + 1}</span>
      <Button aria-disabled={!more} onClick={more ? onNext : undefined}>
        Next
      </Button>
    </nav>
  );
}
