"""A damped pendulum, in floating point.

    python3 pendulum.py SETUP.csv

The setup is a table with one row: length, damping, angle, speed, step, steps. The program writes
trajectory.csv, one row per step, and prints a log with one line for each time the pendulum turns around or
passes its lowest or its highest point.
"""

import csv
import math
import os
import sys

GRAVITY = 9.80665


def sine(angle):
    """The sine. Another mathematical library may give another last digit, which PENDULUM_LIBM imitates."""
    value = math.sin(angle)
    if os.environ.get("PENDULUM_LIBM"):
        return math.nextafter(value, math.inf)
    return value


def moved(angle, speed, setup):
    """Angle and speed one step later: the speed first, then the angle with the new speed."""
    step = setup["step"]
    push = -GRAVITY / setup["length"] * sine(angle) - setup["damping"] * speed
    faster = speed + push * step
    # A mistake that the goldens catch: the angle moves with the old speed, and the energy grows.
    used = speed if os.environ.get("PENDULUM_REGRESSION") else faster
    return angle + used * step, faster


def main(path):
    with open(path, encoding="utf-8", newline="") as table:
        setup = {name: float(value) for name, value in next(csv.DictReader(table)).items()}
    angle, speed = setup["angle"], setup["speed"]
    print(f"pendulum of {setup['length']} m, {int(setup['steps'])} steps of {setup['step']} s")
    with open("trajectory.csv", "w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["step", "angle", "speed", "energy"])
        for step in range(1, int(setup["steps"]) + 1):
            before = angle, speed
            angle, speed = moved(angle, speed, setup)
            height = setup["length"] * (1 - math.cos(angle))
            energy = (setup["length"] * speed) ** 2 / 2 + GRAVITY * height
            rows.writerow([step, repr(angle), repr(speed), repr(energy)])
            if math.sin(before[0]) * math.sin(angle) < 0:
                place = "lowest" if math.cos(angle) > 0 else "top"
                print(f"{step} {place} speed={speed!r}")
            if before[1] * speed < 0:
                print(f"{step} turns angle={angle!r}")
    print("done")


if __name__ == "__main__":
    main(sys.argv[1])
