"""Interventional images of two balls, in two views (Xi et al. 2024, after Brehmer et al. 2022).

drawn = draw_balls(BallParameters(size=64, n=1000), seed=0)
drawn.view1.shape, drawn.labels[0], drawn.latents.shape
"""

from simulate.balls.latents import BallParameters
from simulate.balls.scene import Balls, draw_balls
from simulate.balls.writers import write_balls

__all__ = ["BallParameters", "Balls", "draw_balls", "write_balls"]
