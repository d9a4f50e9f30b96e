import Header from '@cloudscape-design/components/header';
import { usePageTitle } from '../hooks/use-page-title.ts';

type Props = Readonly<{ title: string; description?: React.ReactNode; actions?: React.ReactNode; counter?: string }>;

export function PageHeading({ title, description, actions, counter }: Props) {
  const area = usePageTitle<HTMLDivElement>(title);
  return (
    <div ref={area} className="wrap-anywhere">
      <Header variant="h1" description={description} actions={actions} {...(counter ? { counter } : {})}>
        {title}
      </Header>
    </div>
  );
}
