"""What journeys read through TypeORM 0.2 and mysql2, with the entity classes of the original: 20-mariadb/entities.ts by 20-mariadb/read.cjs."""
import json
import os
import pathlib
import shutil
import subprocess
import tempfile

HOME = pathlib.Path(__file__).resolve().parent / "20-mariadb"
KEPT = HOME.parents[2] / "build" / "integration" / "node_modules"


def install(journey):
    """TypeORM in build/, once. @return whether it is there."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        journey.skip("TypeORM", "node and npm are not here")
        return False
    if not KEPT.exists() or KEPT.stat().st_mtime < (HOME / "package-lock.json").stat().st_mtime:
        KEPT.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=KEPT.parent) as stage:
            for name in ("package.json", "package-lock.json"):
                shutil.copy(HOME / name, stage)
            done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=stage, capture_output=True, text=True)
            if not journey.check(done.returncode == 0, "npm installs TypeORM 0.2", done.stderr):
                return False
            shutil.rmtree(KEPT, ignore_errors=True)
            (pathlib.Path(stage) / "node_modules").rename(KEPT)
            os.utime(KEPT)
    for script in (HOME / "entities.cjs", HOME / "read.cjs", HOME.parent / "42-adopt" / "write.cjs"):
        shutil.copy(script, KEPT.parent)
    return True


def write(journey, database, name):
    """Tables and rows of the original in the database `name`, by its own classes. @return whether they are there."""
    if not install(journey):
        return False
    done = subprocess.run(["node", KEPT.parent / "write.cjs", HOME / "entities.ts"], capture_output=True, text=True, timeout=300,
                          env=os.environ | database | {"ORIGINAL": name})
    return journey.check(done.returncode == 0, "TypeORM makes the tables of the original", done.stderr)


def read(journey, database):
    """The tables as the original's classes see them; None where that fails. `database`: the DB_* settings."""
    if not install(journey):
        return None
    done = subprocess.run(["node", KEPT.parent / "read.cjs", HOME / "entities.ts"], capture_output=True, text=True, timeout=300,
                          env=os.environ | database)
    if not journey.check(done.returncode == 0, "TypeORM reads the tables with the entity classes of the original", done.stderr):
        return None
    return json.loads(done.stdout)
