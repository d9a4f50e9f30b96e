import SpaceBetween from '@cloudscape-design/components/space-between';
import { PageHeading } from '../../parts/page-heading.tsx';
import { RouterLink } from '../../parts/router-link.tsx';

export default function NotFound() {
  return (
    <SpaceBetween size="m">
      <PageHeading title="There is no page at this address" />
      <RouterLink to="/">Go to the jobs</RouterLink>
    </SpaceBetween>
  );
}
