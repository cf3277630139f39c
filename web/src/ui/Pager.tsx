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
      <Button disabled={!more} onClick={onNext}>
        Next
      </Button>
    </nav>
  );
}
