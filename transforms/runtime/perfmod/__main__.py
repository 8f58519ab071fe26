"""`python -m perfmod`: runs the program that was installed with this module."""
import os
import subprocess
import sys
import sysconfig


def _program():
    """Where it is: beside the interpreter, in the user's own folder, or below the folder of `pip install --target`."""
    name = "perfmod" + (sysconfig.get_config_var("EXE") or "")
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    user = "nt_user" if os.name == "nt" else "osx_framework_user" if sys.platform == "darwin" else "posix_user"
    schemes = [None, user] if user in sysconfig.get_scheme_names() else [None]
    folders = [sysconfig.get_path("scripts", *([scheme] if scheme else [])) for scheme in schemes]
    folders.append(os.path.join(here, "bin"))
    # A module that was put beside another interpreter's: <prefix>/lib/pythonX.Y/site-packages.
    folders.append(os.path.normpath(os.path.join(here, "..", "..", "..", "bin")))
    for folder in folders:
        path = os.path.join(folder, name)
        if os.path.isfile(path):
            return path
    sys.exit("perfmod: the program is in none of " + ", ".join(folders) + "; install the package anew")


if __name__ == "__main__":
    program = _program()
    if os.name == "nt":
        sys.exit(subprocess.call([program, *sys.argv[1:]]))
    os.execv(program, [program, *sys.argv[1:]])
