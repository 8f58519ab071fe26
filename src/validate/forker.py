"""Starts Python once and forks a child for each run of one version of the program.

The start-up hook loads this where it is asked to. Told on standard input, one JSON object a line: first what to import ahead, then runs. Told back on standard output: what
became of it. What a child does before the program's first line is what `python script.py` would have done; nothing of this file is on the program's stack or in its modules.
"""

import os
import sys

# Imported ahead, where the program does so at its top: libraries whose import reads nothing that differs between runs and does nothing but define things.
LIBRARIES = frozenset(
    "openai anthropic httpx httpx2 httpcore httpcore2 requests urllib3 aiohttp anyio sniffio h11 certifi idna charset_normalizer distro jiter tqdm tenacity backoff "
    "numpy pandas scipy sklearn torch pydantic pydantic_core annotated_types typing_extensions typing_inspection dateutil pytz tzdata six attr attrs yaml orjson "
    "tiktoken regex datasets transformers tokenizers huggingface_hub safetensors pyarrow jinja2 markupsafe rich click typer dotenv joblib threadpoolctl multidict yarl "
    "frozenlist aiosignal propcache async_timeout aiohappyeyeballs google_crc32c docstring_parser cohere groq mistralai together ollama litellm networkx sympy mpmath "
    "packaging filelock fsspec psutil tabulate termcolor colorama nltk bs4 soupsieve lxml".split()
)
# The same of the standard library: what is slow to import, and what comes with it.
STANDARD = frozenset(
    "abc argparse ast asyncio base64 bisect bz2 calendar cgi codecs collections concurrent configparser contextlib contextvars copy copyreg csv dataclasses datetime decimal "
    "difflib dis email encodings enum errno fnmatch fractions functools gettext glob gzip hashlib heapq hmac html http importlib inspect io itertools json keyword linecache "
    "locale logging lzma math mimetypes numbers opcode operator os pathlib pickle pkgutil platform posixpath pprint queue quopri random re reprlib secrets select selectors "
    "shlex shutil signal socket ssl stat statistics string stringprep struct subprocess sys tempfile textwrap threading time timeit token tokenize traceback types typing "
    "unicodedata urllib uuid warnings weakref xml zipfile zlib zoneinfo".split()
)
# What libraries above load when they are first used: their import reads neither settings nor the environment, so it does not matter what the script has done before.
PLUMBING = frozenset("httpcore httpcore2 h11 anyio sniffio certifi idna".split())
# What cannot live on in a child.
UNFIT = ("grpc", "ray", "tensorflow", "jax", "pyspark")


class Effect(Exception):
    """A statement of which it is not known that an import may be moved above it."""


def ahead(path, folder):
    """The modules that the file at `path` surely imports before anything else happens, in order."""
    found, seen = [], set()
    try:
        read(path, folder, found, seen)
    except (Effect, OSError, SyntaxError, ValueError, RecursionError):
        pass
    return found


def read(path, folder, found, seen):
    import ast

    if path in seen:
        return
    seen.add(path)
    with open(path, "rb") as file:
        body = ast.parse(file.read()).body

    def module(name):
        root = name.partition(".")[0]
        local = [os.path.join(folder, root + ".py"), os.path.join(folder, root, "__init__.py")]
        here = [file for file in local if os.path.exists(file)]
        if here or os.path.isdir(os.path.join(folder, root)):
            # Only a plain module beside the script is followed: what a package does is a longer story.
            if "." in name or here[:1] != local[:1]:
                raise Effect
            read(local[0], folder, found, seen)
        elif root in LIBRARIES:
            found.append(name)
        elif root not in STANDARD and root != "__future__":
            raise Effect

    def plain(node):
        """An expression that changes nothing."""
        if node is None or isinstance(node, (ast.Constant, ast.Name)):
            return True
        if isinstance(node, ast.Attribute):
            return plain(node.value)
        if isinstance(node, (ast.Tuple, ast.List, ast.Set)):
            return all(map(plain, node.elts))
        if isinstance(node, ast.Dict):
            return all(map(plain, node.keys)) and all(map(plain, node.values))
        if isinstance(node, ast.BinOp):
            return plain(node.left) and plain(node.right)
        if isinstance(node, ast.UnaryOp):
            return plain(node.operand)
        if isinstance(node, ast.JoinedStr):
            return all(plain(part.value) for part in node.values if isinstance(part, ast.FormattedValue))
        if isinstance(node, ast.Call):
            return words(node.func) in PURE and all(map(plain, node.args)) and all(plain(k.value) for k in node.keywords)
        return False

    def words(node):
        if isinstance(node, ast.Name):
            return node.id
        if isinstance(node, ast.Attribute):
            return words(node.value) + "." + node.attr
        return "?"

    def statement(node):
        if isinstance(node, ast.Import):
            for alias in node.names:
                module(alias.name)
        elif isinstance(node, ast.ImportFrom):
            if node.level:
                raise Effect
            module(node.module)
        elif isinstance(node, ast.Expr):
            call = node.value
            quiet = isinstance(call, ast.Call) and words(call.func) in ("warnings.filterwarnings", "warnings.simplefilter")
            if quiet and [getattr(arg, "value", None) for arg in call.args] == ["ignore"]:
                return
            if not plain(node.value):
                raise Effect
        elif isinstance(node, ast.Assign):
            if not all(isinstance(target, ast.Name) for target in node.targets) or not plain(node.value):
                raise Effect
        elif isinstance(node, ast.AnnAssign):
            if not isinstance(node.target, ast.Name) or not plain(node.value):
                raise Effect
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            defaults = list(node.args.defaults) + [d for d in node.args.kw_defaults if d is not None]
            if node.decorator_list or not all(map(plain, defaults)):
                raise Effect
        elif not isinstance(node, ast.Pass):
            raise Effect

    for node in body:
        statement(node)


PURE = frozenset(
    "Path pathlib.Path os.path.join os.path.dirname os.path.abspath os.path.basename re.compile os.getenv os.environ.get logging.getLogger set frozenset dict list tuple "
    "int float str bool len range".split()
)


def load(names, project, forgiving):
    """Imports modules, none of them from the project; how many."""
    import importlib
    from importlib.util import find_spec

    done = 0
    for name in names:
        root = name.partition(".")[0]
        if name in sys.modules:
            continue
        if root not in sys.modules:
            try:
                spec = find_spec(root)
            except (ImportError, ValueError):
                continue
            origin = getattr(spec, "origin", None) or ""
            if spec is None or project and origin.startswith(project + os.sep) and "-packages" + os.sep not in origin:
                continue
        try:
            importlib.import_module(name)
            done += 1
        except Exception as error:
            if not forgiving:
                raise ImportError("importing %s ahead fails with %s" % (name, type(error).__name__))
    return done


def unfit():
    """Why children would not be what a fresh process is; empty where they would."""
    for name in UNFIT:
        if name in sys.modules:
            return "%s does not survive a fork" % name
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        return "CUDA does not survive a fork"
    try:
        threads = len(os.listdir("/proc/self/task"))
    except OSError:
        threads = 1
    if threads > 1:
        return "its imports start threads, which do not survive a fork"
    return ""


def fits(name, libraries):
    """Whether a module that the original had loaded may be imported ahead."""
    root = name.partition(".")[0]
    return not name.endswith("__main__") and (root in STANDARD or libraries and (root in PLUMBING or root in LIBRARIES and root in sys.modules))


def compiled(names, script, codes):
    """Compiles the script, and what a run had loaded of the modules beside it, into `codes`, by source. Nothing of it is run here."""
    import warnings

    folder = os.path.dirname(os.path.realpath(script))
    beside = [os.path.join(folder, *name.split(".")) for name in names]
    for path in [script] + [path + ".py" for path in beside] + [os.path.join(path, "__init__.py") for path in beside]:
        try:
            with open(path, "rb") as file:
                source = file.read(1 << 20)
            with warnings.catch_warnings(record=True) as said:
                warnings.simplefilter("always")
                code = compile(source, path, "exec", dont_inherit=True)
        except (OSError, SyntaxError, ValueError, RecursionError, MemoryError):
            continue
        if not said:  # the program would say it too
            codes[source] = code


def quicken(codes):
    """Has imports take what is compiled already; what else is not in `codes`, Python compiles."""
    import importlib._bootstrap_external as external
    from _imp import _fix_co_filename

    real = external.SourceLoader.source_to_code

    def take(source, path):
        code = codes.pop(source, None)
        if code is not None:
            _fix_co_filename(code, path)
        return code

    def source_to_code(self, data, path, **kwargs):
        return type(data) is bytes and take(data, path) or real(self, data, path, **kwargs)

    # Frames of files with this name are left out of tracebacks.
    source_to_code.__code__ = source_to_code.__code__.replace(co_filename=real.__code__.co_filename)
    external.SourceLoader.source_to_code = source_to_code
    return take


def settle():
    """Lets children end quickly: what was imported ahead is neither searched for garbage nor taken apart at their end."""
    import ctypes
    import gc

    everything = [dict(vars(module)) for name, module in list(sys.modules.items()) if name != "__main__" and hasattr(module, "__dict__")]
    ctypes.pythonapi.Py_IncRef(ctypes.py_object(everything))
    gc.collect()
    gc.freeze()
    # All but the script's own module: functions refer to it, so that only a search for garbage ends it, and with it files that were not closed.
    for mine in (sys.modules["__main__"], sys.modules["__main__"].__dict__):
        for move in (ctypes.pythonapi.PyObject_GC_UnTrack, ctypes.pythonapi.PyObject_GC_Track):
            move.restype, move.argtypes = None, [ctypes.py_object]
            move(mine)


def end(copy):
    """Has the program's end clear up also what is held by libraries that were imported ahead. The last of what is called at exit."""
    typing = sys.modules.get("typing")
    for forget in getattr(typing, "_cleanups", ()):
        forget()
    # What daemon threads hold stays in a fresh process, too. Later they are there no longer, and still hold the locks of files: to wait for one
    # would end the process.
    if len(sys._current_frames()) == 1:
        sys._perfmod_rest = Rest(copy)


class Rest:
    """Ends when Python takes `sys` apart, which is after all other modules: what is left then of the program's modules and files would not be in a fresh process."""

    def __init__(self, copy):
        import _io as io
        import gc

        # Not the modules, which are empty by then, and of types only what does not ask them.
        self.objects, self.collect = gc.get_objects, gc.collect
        self.file, self.text, self.buffered = io._IOBase, io.TextIOWrapper, (io.BufferedWriter, io.BufferedRandom)
        self.plain = (io.TextIOWrapper, io.BufferedReader, io.BufferedRWPair, io.FileIO) + self.buffered
        self.sys, self.standard = sys, ("<stdin>", "<stdout>", "<stderr>")
        self.own, self.away = copy + os.sep, "-packages" + os.sep

    def __del__(self):
        # In a fresh process they are gone by then.
        streams, self.sys.stdout, self.sys.stderr = (self.sys.stdout, self.sys.stderr), None, None
        for names in [part for part in self.objects() if type(part) is dict and "__builtins__" in part and self.ours(part)]:
            self.clear(names)
        self.collect()
        self.sys.stdout, self.sys.stderr = streams
        files = [part for part in self.objects() if self.file in type(part).__mro__]
        # From the outside in: closing what lies below first would lose what is above.
        for kind, step in ((self.text, "flush"), (None, "close"), (self.text, "close"), (self.buffered, "close")):
            for file in files:
                if isinstance(file, kind) if kind else not isinstance(file, self.plain):
                    try:
                        if getattr(file, "name", None) not in self.standard:
                            getattr(file, step)()
                    except Exception:
                        pass  # nor does Python say so of a file that it closes

    def ours(self, names):
        file = names.get("__file__")
        return names.get("__name__") == "__main__" or type(file) is str and file.startswith(self.own) and self.away not in file

    def clear(self, names):
        """As Python clears a module; first what does something at its end, while it can."""
        for wanted in (
            lambda name, value: hasattr(type(value), "__del__"),
            lambda name, value: name[:1] == "_" and name[1:2] != "_",
            lambda name, value: name != "__builtins__",
        ):
            for name in list(names):
                if type(name) is str and wanted(name, names[name]):
                    names[name] = None


def kernel():
    """The system calls that Python has no name for."""
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)

    def call(number, *args):
        result = libc.syscall(ctypes.c_long(number), *args)
        if result < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        return result

    def die_with_parent():
        libc.prctl(1, 9, 0, 0, 0)

    def adopt_orphans():
        libc.prctl(36, 1, 0, 0, 0)

    def restrict(writable):
        """From here on this process writes only below these folders (Landlock)."""
        long = ctypes.c_ulong
        version = call(444, None, long(0), ctypes.c_uint(1))
        everything = (1 << 13) - 1 | (1 << 13 if version >= 2 else 0) | (1 << 14 if version >= 3 else 0)
        scoped = 2 if version >= 6 else 0  # signals reach only this run's processes
        attributes = (ctypes.c_uint64 * 3)(everything, 0, scoped)
        size = 24 if version >= 6 else 16 if version >= 4 else 8
        rules = call(444, ctypes.byref(attributes), long(size), ctypes.c_uint(0))

        class Beneath(ctypes.Structure):
            _pack_ = 1
            _fields_ = [("access", ctypes.c_uint64), ("folder", ctypes.c_int32)]

        def allow(path, access):
            try:
                folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
            except OSError:
                return
            rule = Beneath(access & everything, folder)
            call(445, ctypes.c_int(rules), ctypes.c_int(1), ctypes.byref(rule), ctypes.c_uint(0))
            os.close(folder)

        allow("/", 1 | 4 | 8)
        for device in ("null", "zero", "full", "random", "urandom", "tty"):
            allow("/dev/" + device, 1 | 2 | 4 | 1 << 14)
        for folder in list(writable) + ["/dev/shm"]:
            allow(folder, everything)
        call(446, ctypes.c_int(rules), ctypes.c_uint(0))
        os.close(rules)

    return die_with_parent, adopt_orphans, restrict


def keep(run, say, system):
    """Forks the program, waits for it, and ends whatever it left behind. In a process of its own, which never returns."""
    import signal
    import time

    die_with_parent, adopt_orphans, restrict = system
    die_with_parent()
    adopt_orphans()
    program = os.fork()
    if program == 0:
        return True
    say({"run": run["run"], "process": program})
    while True:
        try:
            _, status = os.waitpid(program, 0)
            break
        except InterruptedError:
            pass
    try:
        os.killpg(program, signal.SIGKILL)
    except OSError:
        pass
    for _ in range(2000):
        try:
            with open("/proc/self/task/%d/children" % os.getpid()) as file:
                orphans = file.read().split()
        except OSError:
            orphans = []
        for orphan in orphans:
            try:
                os.kill(int(orphan), signal.SIGKILL)
            except OSError:
                pass
        try:
            if os.waitpid(-1, os.WNOHANG)[0] == 0:
                REAL_SLEEP(0.001)
        except ChildProcessError:
            break
        except OSError:
            pass
    signaled = os.WIFSIGNALED(status)
    say({"run": run["run"], "code": None if signaled else os.WEXITSTATUS(status), "signal": os.WTERMSIG(status) if signaled else None})
    os._exit(0)


def become(run, system, redirect, observe, main, codes, time_outs):
    """Makes this process what `python script.py` is before the script's first line."""
    import atexit

    die_with_parent, _, restrict = system
    os.setpgid(0, 0)
    die_with_parent()
    for fd, path, flags in ((0, "/dev/null", os.O_RDONLY), (1, run["stdout"], os.O_WRONLY), (2, run["stderr"], os.O_WRONLY)):
        file = os.open(path, flags)
        os.dup2(file, fd)
        os.close(file)
    os.chdir(run["cwd"])
    environment = dict(run["environment"])
    # What start-up modules and imports changed, they would have changed here too.
    environment.update((name, value) for name, value in os.environ.items() if BEFORE.get(name) != value)
    for name in BEFORE.keys() - os.environ.keys():
        environment.pop(name, None)
    os.environ.clear()
    os.environ.update(environment)
    restrict(run["writable"])

    from io import BufferedReader, BufferedWriter, FileIO, TextIOWrapper

    for name, fd in (("stdin", 0), ("stdout", 1), ("stderr", 2)):
        old = getattr(sys, name)
        raw = FileIO(fd, "r" if fd == 0 else "w", closefd=False)
        raw.name = "<%s>" % name
        buffer = BufferedReader(raw) if fd == 0 else BufferedWriter(raw)
        text = TextIOWrapper(buffer, old.encoding, old.errors, None if fd == 0 else "\n", line_buffering=old.line_buffering)
        text.mode = "r" if fd == 0 else "w"
        setattr(sys, name, text)
        setattr(sys, "__%s__" % name, text)

    tempfile = sys.modules.get("tempfile")
    if tempfile is not None:
        tempfile.tempdir = None
    random = sys.modules.get("numpy.random")
    if random is not None:
        random.seed()  # a fresh process would have drawn its own

    script = run["args"][0]
    sys.argv[:] = run["args"]
    if hasattr(sys, "orig_argv"):
        sys.orig_argv[:] = [sys.executable] + run["args"]
    sys.path[0] = os.path.dirname(os.path.realpath(script))
    redirect(run["copy"])
    sys.path_importer_cache.clear()
    from importlib.machinery import SourceFileLoader

    path = os.path.abspath(script) if sys.version_info >= (3, 9) else script
    kept = {name: main[name] for name in ("__name__", "__doc__", "__package__", "__spec__", "__annotations__", "__builtins__") if name in main}
    main.clear()
    main.update(kept, __file__=path, __cached__=None, __loader__=SourceFileLoader("__main__", path))
    take = quicken(codes)
    if "PERFMOD_TIME_OUTS" in environment:
        time_outs(environment["PERFMOD_TIME_OUTS"])
    atexit.register(end, run["copy"])
    observe(run["observed"], run["copy"])
    return path, main, take


def serve(redirect, observe, project, time_outs):
    import json

    commands, events = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(null, 1)
    os.close(null)

    def say(what):
        os.write(events, (json.dumps(what) + "\n").encode())

    source = os.fdopen(commands, "rb", buffering=0, closefd=False)
    lines = iter(source.readline, b"")
    main = sys.modules["__main__"].__dict__
    first = json.loads(next(lines).decode())
    script = first["script"]
    done, libraries, system, why, codes = 0, False, None, "", {}

    def told(error):
        return str(error) if type(error) is ImportError else "%s: %s" % (type(error).__name__, error)

    try:
        system = kernel()
        if not first["landlock"]:
            system = system[:2] + (lambda writable: None,)
        names = ahead(script, os.path.dirname(os.path.realpath(script)))
        done, libraries = load(names, project, False), bool(names)
    except Exception as error:
        why = told(error)
    for line in lines:
        if line.startswith(b"["):
            # What a run had loaded at its end, of the libraries that are imported ahead: their lazy parts, and what they stand on.
            try:
                names = json.loads(line.decode())
                done += load([name for name in names if fits(name, libraries)], project, True)
                compiled(names, script, codes)
                why = why or unfit()
                settle()
            except Exception as error:
                why = told(error)
            say({"ready": why, "ahead": done})
            done = 0
            continue
        run = json.loads(line.decode())
        while True:
            try:
                if os.waitpid(-1, os.WNOHANG)[0] == 0:
                    break
            except ChildProcessError:
                break
        sys.stderr.flush()
        if os.fork() == 0:
            source.close()
            os.close(commands)
            try:
                if keep(run, say, system):
                    try:
                        begin = become(run, system, redirect, observe, main, codes, time_outs)
                    except BaseException as error:
                        say({"run": run["run"], "failed": "%s: %s" % (type(error).__name__, error)})
                        os._exit(1)
                    os.close(events)
                    return begin
            except BaseException as error:
                say({"run": run["run"], "failed": "%s: %s" % (type(error).__name__, error)})
                os._exit(1)
    os._exit(0)


def play(path, main, take):
    """Runs the script as Python itself would: same tracebacks, same exit."""
    try:
        with open(path, "rb") as file:
            source = file.read()
        code = take(source, path) or compile(source, path, "exec", dont_inherit=True)
        del source, take
        exec(code, main)
    except SystemExit:
        raise
    except BaseException as error:
        trace = error.__traceback__
        # The first frame is this function, unless the program never began.
        while trace is not None and trace.tb_frame.f_code is play.__code__:
            trace = trace.tb_next
        error.__traceback__ = trace
        sys.last_type, sys.last_value, sys.last_traceback = type(error), error, trace
        if sys.stdout is not None:
            try:
                sys.stdout.flush()
            except Exception:
                pass
        try:
            sys.excepthook(type(error), error, trace)
        except BaseException:
            sys.__excepthook__(*sys.exc_info())
        last = [(type(error), error, trace)] if isinstance(error, KeyboardInterrupt) else []
        del trace
    else:
        return
    # Not above: with this frame among those of the exception, what the program holds would outlive it.
    if not last:
        sys.exit(1)

    def excepthook(*_):
        sys.last_type, sys.last_value, sys.last_traceback = last.pop()

    # Ends the process by the signal, after the usual clearing up.
    sys.excepthook = excepthook
    raise KeyboardInterrupt


with open("/proc/self/environ", "rb") as _file:
    BEFORE = dict(os.fsdecode(_entry).partition("=")[::2] for _entry in _file.read().split(b"\0") if _entry)

import time as _time

REAL_SLEEP = _time.sleep
del _time
