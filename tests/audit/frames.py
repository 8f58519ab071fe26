"""A stand-in for pandas: as much of tables and columns as loops over their rows use.

A column shares its values with its table. Where the program says so (`VIEWS`), rows that are gone through, and columns that were
taken, show what is set in place later, as they do in tables of one dtype; where it does not, setting a value makes a copy first,
as pandas does on request and, from its third version on, always. Programs may rely on neither, and both are tried.
"""

import collections
import csv

VIEWS = False
NAN = float("nan")


def isna(value):
    if isinstance(value, Series):
        return value.isna()
    return value is None or value != value


def notna(value):
    return ~isna(value) if isinstance(value, Series) else not isna(value)


isnull, notnull = isna, notna


class Index(list):
    def tolist(self):
        return list(self)

    to_list = tolist

    @property
    def values(self):
        return list(self)


class Way:
    """`at`, `loc` and their like."""

    def __init__(self, of, by_number):
        self.of, self.by_number = of, by_number

    def __getitem__(self, key):
        return self.of._get(key, self.by_number)

    def __setitem__(self, key, value):
        self.of._set(key, value, self.by_number)


class Ways:
    loc = at = property(lambda self: Way(self, False))
    iloc = iat = property(lambda self: Way(self, True))

    def _rows(self, key, by_number):
        """The positions that a key stands for, and whether it is one row."""
        index, n = self.index, len(self.index)
        if isinstance(key, slice):
            if by_number:
                return list(range(n))[key], False
            first = 0 if key.start is None else next((i for i, k in enumerate(index) if k == key.start or not isinstance(k, str) and k >= key.start), n)
            last = n - 1 if key.stop is None else max((i for i, k in enumerate(index) if k == key.stop or not isinstance(k, str) and k <= key.stop), default=-1)
            return list(range(first, last + 1))[:: key.step or 1], False
        if isinstance(key, Series):
            return [i for i, y in enumerate(key) if y], False
        if isinstance(key, list):
            if key and isinstance(key[0], bool):
                return [i for i, y in enumerate(key) if y], False
            return [self._rows(k, by_number)[0][0] for k in key], False
        if by_number:
            if not -n <= key < n:
                raise IndexError("single positional indexer is out-of-bounds")
            return [key % n], True
        found = [i for i, k in enumerate(index) if k == key]
        if not found:
            raise KeyError(key)
        return found, len(found) == 1


class Text:
    """`column.str`"""

    def __init__(self, of):
        self.of = of

    def __getattr__(self, name):
        return lambda *given: Series([getattr(v, name)(*given) for v in self.of], self.of.index, self.of.name)

    def len(self):
        return Series([len(v) for v in self.of], self.of.index, self.of.name)

    def contains(self, part):
        return Series([part in v for v in self.of], self.of.index, self.of.name)


class Series(Ways):
    def __init__(self, data=(), index=None, name=None, of=None):
        if isinstance(data, dict):
            data, index = list(data.values()), list(data)
        if isinstance(data, Series):
            data, index, name = list(data._values), data.index, data.name
        self._values = data if of is not None else list(data)
        self.index = Index(range(len(self._values)) if index is None else index)
        self.name, self._of = name, of

    # What a row of a table has of its own: columns by their names.
    def __getattr__(self, name):
        if name.startswith("_") or name not in self.index:
            raise AttributeError(name)
        return self[name]

    values = property(lambda self: list(self._values))
    str = property(Text)
    empty = property(lambda self: not self._values)
    size = property(lambda self: len(self._values))

    def __len__(self):
        return len(self._values)

    def __iter__(self):
        return iter(self._values)

    def __contains__(self, key):
        return key in self.index

    def __repr__(self):
        return f"Series({dict(zip(self.index, self._values))})"

    def __hash__(self):
        return id(self)

    def __getitem__(self, key):
        return self._get(key, False)

    def __setitem__(self, key, value):
        self._set(key, value, False)

    def _get(self, key, by_number):
        if isinstance(key, slice):
            by_number = True
        rows, one = self._rows(key, by_number)
        return self._values[rows[0]] if one else Series([self._values[i] for i in rows], [self.index[i] for i in rows], self.name)

    def _set(self, key, value, by_number):
        if not VIEWS:
            self._values, self._of = list(self._values), None
        try:
            rows, _ = self._rows(key, by_number)
        except KeyError:
            self._values, self._of = list(self._values) + [value], None
            self.index = Index([*self.index, key])
            return
        for i in rows:
            self._values[i] = value

    def _made(self, values):
        return Series(values, self.index, self.name)

    def _each(self, other, does):
        others = list(other) if isinstance(other, (Series, list)) else [other] * len(self)
        return self._made([does(a, b) for a, b in zip(self._values, others)])

    def __eq__(self, other):
        return self._each(other, lambda a, b: a == b)

    def __ne__(self, other):
        return self._each(other, lambda a, b: a != b)

    def __lt__(self, other):
        return self._each(other, lambda a, b: a < b)

    def __gt__(self, other):
        return self._each(other, lambda a, b: a > b)

    def __ge__(self, other):
        return self._each(other, lambda a, b: a >= b)

    def __add__(self, other):
        return self._each(other, lambda a, b: a + b)

    def __and__(self, other):
        return self._each(other, lambda a, b: a and b)

    def __or__(self, other):
        return self._each(other, lambda a, b: a or b)

    def __invert__(self):
        return self._made([not v for v in self._values])

    def apply(self, func, args=(), **more):
        return self._made([func(v, *args, **more) for v in self._values])

    def map(self, arg, na_action=None):
        call = arg if callable(arg) else lambda v: arg.get(v, NAN)
        return self._made([v if na_action == "ignore" and isna(v) else call(v) for v in self._values])

    def isna(self):
        return self._made([isna(v) for v in self._values])

    def notna(self):
        return ~self.isna()

    isnull, notnull = isna, notna

    def isin(self, values):
        return self._made([v in values for v in self._values])

    def fillna(self, value):
        return self._made([value if isna(v) else v for v in self._values])

    def astype(self, kind):
        return self._made([kind(v) for v in self._values])

    def dropna(self):
        return self[self.notna()]

    def head(self, n=5):
        return Series(self._values[:n], self.index[:n], self.name)

    def copy(self):
        return self._made(list(self._values))

    def tolist(self):
        return list(self._values)

    to_list = tolist

    def to_dict(self):
        return dict(zip(self.index, self._values))

    def unique(self):
        return list(dict.fromkeys(self._values))

    def nunique(self):
        return len(self.unique())

    def items(self):
        return zip(list(self.index), self._values)

    def keys(self):
        return self.index

    def get(self, key, default=None):
        return self[key] if key in self.index else default

    def sum(self):
        return sum(self._values) if not any(isinstance(v, str_type) for v in self._values) else "".join(self._values)

    def max(self):
        return max(self._values)

    def min(self):
        return min(self._values)

    def any(self):
        return any(self._values)

    def all(self):
        return all(self._values)


str_type = type("")


class Row(Series):
    """A row that is gone through: the values of the columns as they are."""

    def __init__(self, columns, at, name):
        super().__init__([values[at] for values in columns.values()], list(columns), name)
        self._columns, self._at = (columns, at) if VIEWS else (None, None)

    def _get(self, key, by_number):
        if self._columns is not None:
            self._values = [values[self._at] for values in self._columns.values()]
        return super()._get(key, by_number)

    def _set(self, key, value, by_number):
        if self._columns is None or key not in self._columns:
            self._columns = None
            return super()._set(key, value, by_number)
        self._columns[key][self._at] = value


class DataFrame(Ways):
    def __init__(self, data=None, columns=None, index=None):
        data = {} if data is None else data
        if isinstance(data, DataFrame):
            data, index = {k: list(v) for k, v in data._data.items()}, data.index
        if not isinstance(data, dict):
            rows = list(data)
            if rows and isinstance(rows[0], dict):
                names = list(dict.fromkeys(k for row in rows for k in row))
                data = {k: [row.get(k, NAN) for row in rows] for k in names}
            else:
                data = {k: [row[at] for row in rows] for at, k in enumerate(columns or range(len(rows[0]) if rows else 0))}
        length = next((len(v) for v in data.values() if not isinstance(v, str_type) and hasattr(v, "__len__")), 0)
        made = {k: list(v) if not isinstance(v, str_type) and hasattr(v, "__iter__") else [v] * length for k, v in data.items()}
        if columns is not None:
            made = {k: made.get(k, [NAN] * length) for k in columns}
        self.__dict__.update(_data=made, index=Index(range(length) if index is None else index))

    columns = property(lambda self: Index(self._data))
    shape = property(lambda self: (len(self.index), len(self._data)))
    empty = property(lambda self: not self.index or not self._data)
    values = property(lambda self: [list(row) for row in zip(*self._data.values())])

    def __getattr__(self, name):
        if name.startswith("_") or name not in self._data:
            raise AttributeError(name)
        return self[name]

    def __setattr__(self, name, value):
        if name in self._data:
            self[name] = value
        else:
            self.__dict__[name] = value

    def __len__(self):
        return len(self.index)

    def __iter__(self):
        return iter(list(self._data))

    def __contains__(self, name):
        return name in self._data

    def __repr__(self):
        return f"DataFrame({self._data}, index={list(self.index)})"

    def _part(self, rows):
        return DataFrame({k: [v[i] for i in rows] for k, v in self._data.items()}, index=[self.index[i] for i in rows])

    def __getitem__(self, key):
        if isinstance(key, Series):
            return self._part(self._rows(key, False)[0])
        if isinstance(key, slice):
            return self._part(self._rows(key, True)[0])
        if isinstance(key, list):
            return DataFrame({k: self._data[k] for k in key}, index=self.index)
        return Series(self._data[key], self.index, key, of=self)

    def __setitem__(self, key, value):
        for name in key if isinstance(key, list) else [key]:
            self._put(name, value)

    def _put(self, name, value):
        if isinstance(value, Series):
            of = dict(zip(value.index, value))
            value = [of.get(i, NAN) for i in self.index]
        elif isinstance(value, str_type) or not hasattr(value, "__iter__"):
            value = [value] * len(self.index)
        value = list(value)
        if len(value) != len(self.index) and self._data:
            raise ValueError(f"Length of values ({len(value)}) does not match length of index ({len(self.index)})")
        self._data[name] = value
        if not self.index:
            self.__dict__["index"] = Index(range(len(value)))

    def _column(self, key, by_number):
        return list(self._data)[key] if by_number else key

    def _get(self, key, by_number):
        key, column = key if isinstance(key, tuple) else (key, None)
        rows, one = self._rows(key, by_number)
        if column is None:
            return Series([v[rows[0]] for v in self._data.values()], list(self._data), self.index[rows[0]]) if one else self._part(rows)
        if isinstance(column, list):
            part = self._part(rows)[column]
            return part._get(0, True) if one else part
        if isinstance(column, slice):
            return self._part(rows)
        values = self._data[self._column(column, by_number)]
        return values[rows[0]] if one else Series([values[i] for i in rows], [self.index[i] for i in rows], column)

    def _set(self, key, value, by_number):
        key, column = key if isinstance(key, tuple) else (key, None)
        names = list(self._data) if column is None or isinstance(column, slice) else [self._column(c, by_number) for c in (column if isinstance(column, list) else [column])]
        try:
            rows, one = self._rows(key, by_number)
        except KeyError:
            for values in self._data.values():
                values.append(NAN)
            self.index.append(key)
            rows, one = [len(self.index) - 1], True
        for at, name in enumerate(names):
            values = self._data.get(name, [NAN] * len(self.index))
            if not VIEWS:
                values = list(values)
            self._data[name] = values
            many = isinstance(value, (list, tuple, Series))
            for nth, row in enumerate(rows):
                values[row] = value if not many else list(value)[at if len(names) > 1 else nth]

    def iterrows(self):
        columns = dict(self._data) if VIEWS else {k: list(v) for k, v in self._data.items()}
        for at, label in enumerate(list(self.index)):
            yield label, Row(columns, at, label)

    def itertuples(self, index=True, name="Pandas"):
        columns = list(self._data.values()) if VIEWS else [list(v) for v in self._data.values()]
        made = collections.namedtuple(name, (["Index"] if index else []) + list(self._data)) if name else (lambda *row: row)
        for at, label in enumerate(list(self.index)):
            yield made(*([label] if index else []), *(values[at] for values in columns))

    def items(self):
        return ((k, self[k]) for k in list(self._data))

    def apply(self, func, axis=0, args=(), **more):
        if axis in (1, "columns"):
            return Series([func(Row({k: list(v) for k, v in self._data.items()}, at, label), *args, **more) for at, label in enumerate(list(self.index))], self.index)
        return Series({k: func(self[k], *args, **more) for k in list(self._data)})

    def to_dict(self, orient="dict"):
        if orient == "records":
            return [dict(zip(self._data, row)) for row in zip(*self._data.values())]
        return {k: dict(zip(self.index, v)) for k, v in self._data.items()}

    def to_csv(self, path, index=True, mode="w", header=True):
        with open(path, mode, newline="") as file:
            rows = csv.writer(file)
            if header:
                rows.writerow(([""] if index else []) + list(self._data))
            for label, *row in zip(self.index, *self._data.values()):
                rows.writerow(([label] if index else []) + row)

    def copy(self, deep=True):
        return DataFrame(self)

    def head(self, n=5):
        return self._part(range(min(n, len(self))))

    def assign(self, **columns):
        made = DataFrame(self)
        for name, value in columns.items():
            made[name] = value(made) if callable(value) else value
        return made

    def drop(self, labels=None, axis=0, columns=None, index=None, inplace=False):
        names = columns if columns is not None else labels if axis == 1 else None
        gone = labels if axis == 0 and columns is None else index
        names, gone = ([y] if not isinstance(y, list) else y for y in (names, gone))
        kept = [i for i, label in enumerate(self.index) if label not in gone]
        made = DataFrame({k: [v[i] for i in kept] for k, v in self._data.items() if k not in names}, index=[self.index[i] for i in kept])
        if not inplace:
            return made
        self.__dict__.update(made.__dict__)

    def sort_values(self, by, ascending=True):
        return self._part(sorted(range(len(self)), key=self._data[by].__getitem__, reverse=not ascending))

    def reset_index(self, drop=False):
        return DataFrame({**({} if drop else {"index": list(self.index)}), **self._data})

    def set_index(self, name):
        return DataFrame({k: v for k, v in self._data.items() if k != name}, index=self._data[name])

    def insert(self, at, name, value):
        self[name] = value

    def groupby(self, name):
        return [(key, self[self[name] == key]) for key in sorted(self[name].unique())]


def read_csv(path):
    with open(path, newline="") as file:
        rows = list(csv.DictReader(file))
    return DataFrame([{k: int(v) if v.isdigit() else v for k, v in row.items()} for row in rows])


def concat(frames):
    return DataFrame([row for frame in frames for row in frame.to_dict("records")])
