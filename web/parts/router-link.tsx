import Link, { type LinkProps } from '@cloudscape-design/components/link';
import { useNavigate } from 'react-router';

type Props = Readonly<{ to: string; children: React.ReactNode; variant?: LinkProps.Variant; ariaLabel?: string }>;

/** A real address, so that it can be opened in another tab; a plain click stays in the page. */
export function RouterLink({ to, children, variant = 'secondary', ariaLabel }: Props) {
  const navigate = useNavigate();
  return (
    <Link
      href={to}
      variant={variant}
      {...(ariaLabel === undefined ? {} : { ariaLabel })}
      onFollow={(event) => {
        event.preventDefault();
        void navigate(to);
      }}
    >
      {children}
    </Link>
  );
}
