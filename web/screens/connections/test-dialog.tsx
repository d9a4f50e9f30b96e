import Box from '@cloudscape-design/components/box';
import Button from '@cloudscape-design/components/button';
import KeyValuePairs from '@cloudscape-design/components/key-value-pairs';
import Modal from '@cloudscape-design/components/modal';
import SpaceBetween from '@cloudscape-design/components/space-between';
import { useQuery } from '@tanstack/react-query';
import { useApi } from '../../hooks/use-api.ts';
import { CheckLine } from '../../parts/check-line.tsx';
import { ProblemAlert } from '../../parts/problem-alert.tsx';
import { Waiting } from '../../parts/waiting.tsx';

type Props = Readonly<{ name: string; onClose: () => void }>;

/** What works and what is missing, by the action's name. */
export function TestDialog({ name, onClose }: Props) {
  const api = useApi();
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ['connection-test', name],
    queryFn: () => api.testConnection(name),
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  return (
    <Modal
      visible
      size="large"
      header={`What ${name} can do`}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button loading={isFetching} loadingText="Testing" onClick={() => void refetch()}>
              Test again
            </Button>
            <Button variant="primary" onClick={onClose}>
              Close
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {error && <ProblemAlert error={error} takesFocus />}
        {!data && isFetching && <Waiting what="the answers" />}
        {data?.identity && (
          <KeyValuePairs
            columns={2}
            items={[
              { label: 'Account', value: data.identity.accountId ?? 'Not known' },
              {
                label: 'Signed in as',
                value: <span className="wrap-anywhere">{data.identity.principalArn ?? 'Not known'}</span>,
              },
            ]}
          />
        )}
        {data && (
          <ul className="check-list">
            {data.checks.map(({ action, status, reason, remedy }) => (
              <CheckLine key={action} title={action} status={status} reason={reason} remedy={remedy} />
            ))}
          </ul>
        )}
      </SpaceBetween>
    </Modal>
  );
}
