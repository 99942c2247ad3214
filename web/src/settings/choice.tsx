import { useId } from 'preact/hooks';

interface ChoiceProps<T extends string> {
  label: string;
  values: readonly (readonly [value: T, word: string])[];
  chosen: T;
  onChoose: (value: T) => void;
}

/** One of a few, in a line with what it is about. */
export function Choice<T extends string>({ label, values, chosen, onChoose }: ChoiceProps<T>) {
  const id = useId();
  return (
    <div class="spread">
      <label for={id}>{label}</label>
      <select
        id={id}
        class="select"
        value={chosen}
        onChange={(event) => {
          const found = values.find(([value]) => value === event.currentTarget.value);
          if (found) onChoose(found[0]);
        }}
      >
        {values.map(([value, word]) => (
          <option key={value} value={value}>
            {word}
          </option>
        ))}
      </select>
    </div>
  );
}
