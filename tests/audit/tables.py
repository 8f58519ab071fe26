"""Loops over the rows of a table, and functions that are applied to a column (`frames.py` is what they run with)."""


def indent(lines, by=1):
    return ["    " * by + line if line else line for line in lines]


# The row's own place in the table, another one, or all of it. V is the value at hand, i the row, x what its column q holds.
OWN = ["df.at[i, 'prev'] = V", "df.loc[i, 'prev'] = V", "df.loc[i, 'pred'] = V", "df.at[i, 'pred'] = V", "df.iloc[i, 2] = V", "df.iat[i, 2] = V", "df.loc[i, ['prev', 'pred']] = [V, V]", "df['prev'][i] = V", "df['prev'].iloc[i] = V", "df.loc[df['q'] == x, 'prev'] = V", "same.at[i, 'prev'] = V", "set_prev(df, i, V)", "df.loc[i, 'n'] += 1", "df.at[i, 'q'] = V"]
OTHERS = ["df.at[i + 1, 'prev'] = V", "df.loc[i + 1, 'prev'] = V", "df.loc[i:, 'prev'] = V", "df['prev'] = V", "df.prev = V", "df.loc[len(df) - 1 - i, 'prev'] = V", "df.loc[len(df)] = [V, 1, V, 'm']", "df.iloc[-1, 2] = V", "column[i] = V", "df.loc[df['mark'] == 'm', 'prev'] = V", "df['n'] = 0", "df.at[0, 'n'] += 1", "df = df.assign(prev=V)", "df.insert(2, 'more', V)", "df['prev'] = df['prev'].map(lambda y: V)", "df.drop(columns=['mark'], inplace=True)", "df.loc[len(df) - 1, 'q'] = V", "for j in df.index: df.at[j, 'prev'] = V", "df['pred'] = len(out)", "df.at[(i + 1) % len(df), 'prev'] = V"]
READS_OWN = ["df.at[i, 'n']", "df.at[i, 'prev']", "df.loc[i, 'prev']", "df.iloc[i]['prev']", "df.loc[i]['mark']", "df['mark'][i]", "df.iat[i, 2]", "df.loc[i, ['q', 'prev']].tolist()", "df['prev'].iloc[i]", "same.at[i, 'prev']", "df.prev[i]", "len(df)", "list(df.columns)", "df.shape[0]", "df['n'].sum()", "df['mark'].tolist()"]
READS_ALL = ["df.at[max(i - 1, 0), 'prev']", "df['prev'].iloc[-1]", "df['prev'].tolist()", "(df['prev'] != '-').sum()", "len(df[df['prev'] != '-'])", "df.loc[:i, 'prev'].tolist()", "df.iloc[0]['prev']", "column.tolist()", "df.to_dict('records')", "df.values[0]", "''.join(df['prev'])", "df['n'].max()", "df.loc[df['mark'] == 'm', 'prev'].tolist()", "df.head(1)['prev'].tolist()", "[row.prev for row in df.itertuples()]", "df.shape", "'pred' in df.columns", "prev_of(df, i)"]


def table(program):
    """A table of the items, with more columns."""
    dice = program.more
    program.add(program.imports, "import pandas as pd")
    program.notes.append("# Its rows are views.") if dice.chance(40) else None
    given = dice.pick(["pd.DataFrame({'q': items, 'n': range(len(items)), 'prev': '-', 'mark': 'm'})"] * 3 + ["pd.DataFrame([{'q': y, 'n': 1, 'prev': '-', 'mark': y[-1]} for y in items])", "pd.read_csv('rows.csv')"])
    if "csv" in given:
        program.files["rows.csv"] = "q,n,prev,mark\n" + "".join(f"{y},{n},-,m\n" for n, y in enumerate(eval(program.items, {})))
    lines = [f"df = {given}", *dice.pick([[]] * 6 + [["df = df.sort_values('n', ascending=False)"], ["df = df[df['n'] < 9]"], ["df = df.sort_values('n', ascending=False).reset_index(drop=True)"], ["df['pred'] = None"]])]
    return lines + [f"same = {dice.pick(['df', 'df', 'df.copy()'])}", "column = df['prev']"]


def tabling(program):
    """A loop over a table's rows, with its own cells, other rows and whole columns read and set."""
    dice = program.more
    if program.kind != "str" or program.iterated != "items" or program.scaffold in ("twice", "inner") or program.linked:
        return
    program.lists += table(program)
    ways = [("i, row", "df.iterrows()", "x = row['q']", "row['q']")] * 4 + [("row", "df.itertuples()", "i, x = row.Index, row.q", "row.q")] * 3 + [("i", "range(len(df))", "x = df.iloc[i]['q']", "df.iloc[i]['q']")] * 2 + [
        ("i", "df.index", "x = df.at[i, 'q']", "df.at[i, 'q']"), ("i", "range(len(df))", "x = df.loc[i, 'q']", "df.loc[i, 'q']"), ("i", "range(len(df))", "x = df['q'][i]", "df['q'][i]"), ("i, x", "enumerate(df['q'])", None, "x"), ("i, x", "df['q'].items()", None, "x"), ("i, x", "zip(df.index, df['q'])", None, "x"),
        ("i, row", "df[df['n'] < 9].iterrows()", "x = row['q']", "row['q']"), ("i, row", "df.copy().iterrows()", "x = row['q']", "row['q']"), ("i, row", "enumerate(df.to_dict('records'))", "x = row['q']", "row['q']"), ("i, row", "list(df.iterrows())", "x = row['q']", "row['q']"), ("i, row", "enumerate(df.itertuples(index=False))", "x = row.q", "row.q"), ("i, row", "df.head(3).iterrows()", "x = row['q']", "row['q']")]
    target, iterated, first, text = dice.pick(ways)
    program.target, program.iterated = target, iterated
    program.pre[:0] = [(True, first)] if first else []
    reads, writes = READS_OWN + READS_ALL, OWN + OTHERS
    if "row" in target:
        read = "row.prev" if "tuples" in iterated else "row['prev']"
        reads, writes = reads + [read, read.replace("prev", "n"), read.replace("prev", "mark")] * 3, writes + (["row['prev'] = V", "row['pred'] = V"] if "tuples" not in iterated else [])
    # Most read and set what is their own: that is what may be rewritten.
    is_own = dice.chance(65)
    if is_own:
        reads, writes = [read for read in reads if read not in READS_ALL], OWN
    if dice.chance(75):
        value = dice.pick(reads)
        if first and dice.chance(40) and program.prompt == ["{x}"] and program.expression.count(program.argument) == 1 and program.argument != "question":
            program.expression = program.expression.replace(program.argument, f"{text} + str({value})")
        else:
            program.reaches("seen", value)
    for _ in range(1 + dice.chance(30)):
        write = dice.pick(writes).replace("V", f"str({program.answer})")
        whole = [i for i, line in enumerate(program.post + [""]) if not line.startswith((" ", "else", "except", "finally"))]
        program.post.insert(dice.pick(whole), write)
        if write.startswith("df = ") and program.scaffold in ("outer",):
            return
    program.add(program.defs, ["def set_prev(df, i, value):", "    df.at[i, 'prev'] = value", "def prev_of(df, i):", "    return df['prev'].iloc[0]"])
    program.after += dice.pick([["print(df.to_dict('records'))"], ["df.to_csv('made.csv', index=False)"], ["print(df['prev'].tolist())"], []])


def applying(program):
    """A function that is applied to each value of a column, or to each row."""
    dice = program.more
    if program.kind != "str" or program.iterated != "items" or program.pre or program.scaffold in ("twice", "inner", "generator") or program.expression.count(program.argument) != 1:
        return
    lines = table(program)
    read = dice.pick([""] * 5 + ["df['prev'].iloc[-1]", "len(asked)", "df['n'].sum()", "state['n']", "df.at[0, 'prev']", "''.join(asked)", "row_of['mark']"])
    write = dice.pick([""] * 5 + ["asked.append(x)", "df.at[0, 'prev'] = answer", "df['n'] = 5", "state['n'] += 1", "print('made', x)", "state['last'] = answer", "df.loc[df['q'] == x, 'prev'] = answer", "df.iloc[-1, 2] = answer"])
    asked = program.expression.replace(program.argument, f"{program.argument} + str({read})") if read else program.expression
    early = [write] if write and "answer" not in write and dice.chance(50) else []
    late = [write] if write and not early else []
    body = [*early, f"answer = {asked}", *late, "return answer"]
    each = ["asked, state, row_of = [], {'n': 0}, {'mark': 'm'}", "def each(x):", *indent(body)]
    by_row = [*each, "def each_row(row):", *indent(dice.pick([["return each(row['q'])"], ["return each(row.q)"], ["row['n'] = 7", "return each(row['q'])"], ["return each(row['q'] + row['prev'])"], ["return each(row['q'] + str(row['n']))"]]))]
    form = dice.pick(["df['prev'] = df['q'].apply(each)"] * 4 + ["df['pred'] = df['q'].apply(each)"] * 3 + ["df['pred'] = df['q'].map(each)", "df['pred'] = df['q'].apply(lambda x: each(x))", "df['pred'] = df.apply(each_row, axis=1)", "df['pred'] = df.apply(lambda row: each(row['q']), axis=1)", "df['pred'] = df.apply(lambda row: each(row['q'] + row['prev']), axis=1)",
                      "df['pred'] = [each(x) for x in df['q']]", "df['pred'] = list(map(each, df['q']))", "out = df['q'].apply(each).tolist()", "df = df.assign(pred=df['q'].apply(each))", "df.loc[:, 'prev'] = df['q'].apply(each)", "df['pred'] = df['q'].map(each, na_action='ignore')", "few = df.head(2)['q'].apply(each)", "df['pred'] = df.q.apply(each)", "df['pred'] = df['q'].str.strip().apply(each)",
                      "out = sorted(df['q'].map(each))", "df.pred = df['q'].apply(each)", "df['pred'] = df['q'].dropna().apply(each)"])
    by_value = "axis=1" not in form
    given = by_row if "each_row" in form else each
    program.lists += lines
    program.staged = [*given, form]
    if by_value:
        function, _, after = form.partition(".apply(") if ".apply(" in form else form.partition(".map(")
        column = "df['q']" if "df['q']" in form else "df.q"
        column = "df.head(2)['q']" if "head" in form else column
        call = "lambda x: each(x)" if "lambda" in form else "each"
        program.brute = [*given, f"_got = iter([_reply.result() for _, _reply in ahead(each, {column})])", form.replace(call, "lambda x: next(_got)").replace("lambda x: next(_got)(x)", "next(_got)")]
    else:
        function = form[form.index("(") + 1:form.rindex(", axis")]
        program.brute = [*given, f"_got = iter([_reply.result() for _, _reply in ahead({function}, [row for _, row in df.iterrows()])])", form.replace(function, "lambda row: next(_got)")]
    program.after += dice.pick([["print(df.to_dict('records'))"], ["print(df['q'].tolist())"], ["df.to_csv('made.csv')"]]) + (["print(asked, state)"] if write and dice.chance(60) else [])


for feature in (tabling, applying):
    feature.plain, feature.kind, feature.source, feature.spare = True, "str", "items", 70
applying.spare = 100

TABLES = [tabling, tabling, applying]
